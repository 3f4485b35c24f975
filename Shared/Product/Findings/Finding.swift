public import Base
public import Operation
public import Store

/// A finding, as lists show it.
public struct Finding: Described {
    let id: Identifier
    let title: String
    let severity: Severity
    let category: String
    let status: String
    let ruleID: String
    /// The affected entities as JSON text.
    let affectedEntities: String
    let recommendedAction: String
    let createdAt: Timestamp
    let affectedCount: Int

    /// The finding's place in the list of open findings.
    var position: FindingPosition {
        FindingPosition(severity: severity, affectedCount: affectedCount, createdAt: createdAt, id: id)
    }

    /// The statuses of findings.
    public static var statusSchema: JSONSchema {
        .oneOf(["open", "in_progress", "resolved", "dismissed", "snoozed"])
    }

    /// The members that findings have in the answers of all operations that list whole findings.
    public static var commonMembers: [JSONSchema.Member] {
        [
            .field("id", .uuid, "The finding's id."),
            .field("title", .string, "The problem in one sentence."),
            .field("severity", Severity.schema, "The severity."),
            .field("category", .oneOf(Category.self), "The category."),
            .field("status", Finding.statusSchema, "The status."),
            .field("rule_id", .string, "The rule that found the problem."),
            .field("affected_entities", AffectedEntities.schema, "The affected entities, in one list for each kind."),
        ]
    }

    public static var schema: JSONSchema {
        .object(
            commonMembers + [
                .field("recommended_action", .string, "The recommendation in one sentence."),
                .field("created_at", .timestamp, "The time at which the problem was found."),
            ])
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("title", title)
            json.field("severity", severity)
            json.field("category", category)
            json.field("status", status)
            json.field("rule_id", ruleID)
            json.field("affected_entities", JSONText(affectedEntities))
            json.field("recommended_action", recommendedAction)
            json.field("created_at", createdAt)
        }
    }
}

/// A finding's place in the list of open findings, which is sorted by severity, then by the number of affected
/// entities, then by age.
public struct FindingPosition: ListPosition {
    let severity: Severity
    let affectedCount: Int
    let createdAt: Timestamp
    let id: Identifier

    init(severity: Severity, affectedCount: Int, createdAt: Timestamp, id: Identifier) {
        self.severity = severity
        self.affectedCount = affectedCount
        self.createdAt = createdAt
        self.id = id
    }

    public var key: [String] {
        [severity.rawValue, String(affectedCount), createdAt.description, id.description]
    }

    public init?(key: [String]) {
        // The count is a column of 32 bits.
        guard key.count == 4, let severity = Severity(rawValue: key[0]), let count = Int32(key[1]),
            let createdAt = Timestamp(key[2]), let id = Identifier(key[3])
        else { return nil }
        self.init(severity: severity, affectedCount: Int(clamping: count), createdAt: createdAt, id: id)
    }

    /// Returns the condition, which begins with AND, that a finding is behind this position. Its parameters begin at
    /// the place `first`.
    func condition(from first: Int) -> (sql: SQL, parameters: [any SQLParameter]) {
        let (rank, count) = (SQL.placeholder(first), SQL.placeholder(first + 1))
        let (time, id) = (SQL.placeholder(first + 2), SQL.placeholder(first + 3))
        return (
            """
             AND severity_rank >= \(rank) AND (severity_rank > \(rank) OR affected_count < \(count)
                OR affected_count = \(count) AND (created_at > \(time) OR created_at = \(time) AND id > \(id)))
            """, [severity.rank, affectedCount, createdAt, self.id]
        )
    }
}

/// A finding without its id and details, for short lists.
public struct FindingSummary: Described {
    let title: String
    let severity: Severity
    let category: String
    /// The number of affected entities; nil in lists that do not show it.
    let affectedCount: Int?

    /// The schema in lists that show the number of affected entities.
    public static var schema: JSONSchema {
        .object(uncounted + [.field("affected_count", .count, "The number of affected entities.")])
    }

    /// The members in lists that do not show the number of affected entities.
    static var uncounted: [JSONSchema.Member] {
        [
            .field("title", .string, "The problem in one sentence."),
            .field("severity", Severity.schema, "The severity."),
            .field("category", .oneOf(Category.self), "The category."),
        ]
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("title", title)
            json.field("severity", severity)
            json.field("category", category)
            json.field("affected_count", ifPresent: affectedCount)
        }
    }
}

extension Reading<(findings: [Finding], total: Int)> {
    /// Reads the worst open findings behind `position`, or of all if that is nil, worst first, at most `limit`, and the
    /// number of all open findings. `severities` and `category` restrict both; an empty list or nil stands for all. The
    /// number does not depend on `position`.
    public static func openFindings(
        severities: [Severity], category: Category?, after position: FindingPosition? = nil, limit: Int
    ) -> Reading {
        // The query has five places for severities. Places that are not needed repeat one that is.
        let asked = severities.isEmpty ? Severity.allCases : severities
        let ranks = Severity.allCases.map { asked.contains($0) ? $0.rank : asked[0].rank }
        // The range from the worst to the mildest requested severity is read by the index, in its order. Severities in
        // between that are not requested are filtered out.
        let filter: SQL =
            "WHERE workspace_id = $1 AND status = 'open' AND severity_rank >= $2 AND severity_rank <= $3 "
            + "AND severity_rank + 0 IN ($2, $3, $4, $5, $6)" + (category == nil ? "" : " AND category = $7")
        let parameters: [any SQLParameter] =
            [ranks.min() ?? 0, ranks.max() ?? 0, ranks[1], ranks[2], ranks[3]] + (category.map { [$0] } ?? [])
        let total: Reading<Int?> = .first("SELECT sum(count) FROM finding_tallies " + filter, parameters) {
            try $0[0] ?? 0
        }
        let behind = position.map { $0.condition(from: parameters.count + 2) }
        let listed = parameters + (behind?.parameters ?? [])
        let findings: Reading<[Finding]> = .rows(
            "SELECT id, title, severity, category, status, rule_id, affected_entities, recommended_action, created_at, "
                + "affected_count FROM findings " + filter + (behind?.sql ?? "")
                + " ORDER BY severity_rank, affected_count DESC, created_at, id LIMIT "
                + .placeholder(listed.count + 2), listed + [limit]
        ) { row in
            Finding(
                id: try row[0], title: try row[1], severity: try row[2], category: try row[3],
                status: try row[4], ruleID: try row[5], affectedEntities: try row[6],
                recommendedAction: try row[7], createdAt: try row[8], affectedCount: try row[9])
        }
        return findings.and(total).map { findings, total in (findings, total ?? 0) }
    }
}

extension Reading<[FindingSummary]> {
    /// Reads the worst open findings, worst first, at most `count`: by severity, then by the number of affected
    /// entities, then the oldest first.
    public static func topRisks(_ count: Int) -> Reading {
        .rows(
            """
            SELECT title, severity, category, affected_count FROM findings
            WHERE workspace_id = $1 AND status = 'open'
            ORDER BY severity_rank, affected_count DESC, created_at, id LIMIT $2
            """, [count]
        ) { row in
            FindingSummary(
                title: try row[0], severity: try row[1], category: try row[2], affectedCount: try row[3])
        }
    }
}
