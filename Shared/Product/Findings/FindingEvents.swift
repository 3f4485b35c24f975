import Base
import Integrations
import Store

/// A finding in the form in which events show it.
struct ChangedFinding: Sendable {
    let id: Identifier
    let title: String
    let severity: Severity
    let category: String
    let ruleID: String

    /// The columns that `init(row:)` reads.
    static let columns: SQL = "id, title, severity, category, rule_id"

    init(_ id: Identifier, _ problem: FoundProblem) {
        self.id = id
        title = problem.title
        severity = problem.severity
        category = problem.category.rawValue
        ruleID = problem.ruleID
    }

    init(row: any Row) throws {
        id = try row[0]
        title = try row[1]
        severity = try row[2]
        category = try row[3]
        ruleID = try row[4]
    }

    fileprivate var json: JSON {
        [
            "id": .string(id.description), "title": .string(title), "severity": .string(severity.rawValue),
            "category": .string(category), "rule_id": .string(ruleID),
        ]
    }
}

extension OutboundEvent {
    /// The largest number of findings in one event. A message then stays below the 20 kB that Standard Webhooks
    /// recommends.
    private static let mostFindings = 50

    /// Returns the events about findings, the worst first.
    static func events(_ kind: Kind, _ findings: [ChangedFinding], at now: Timestamp) -> [OutboundEvent] {
        let sorted = findings.sorted { ($0.severity.rank, $0.id.description) < ($1.severity.rank, $1.id.description) }
        return stride(from: 0, to: sorted.count, by: mostFindings).map { start in
            let part = sorted[from: start, to: start + mostFindings]
            return OutboundEvent(kind, ["findings": .array(part.map(\.json))], at: now)
        }
    }
}
