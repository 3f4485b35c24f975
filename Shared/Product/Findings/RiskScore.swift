public import Auth
public import Base
public import Store

/// The number of findings of each severity.
public struct SeverityCounts: Sendable {
    /// The numbers by `Severity.rank`.
    private var counts = [Int](repeating: 0, count: Severity.allCases.count)

    /// Creates counts of zero.
    public init() {}

    /// The number of findings of one severity.
    public subscript(severity: Severity) -> Int {
        get { counts[severity.rank] }
        set { counts[severity.rank] = newValue }
    }

    /// The number of findings of all severities.
    public var total: Int { counts.reduce(0, +) }
}

extension SeverityCounts: Described {
    public static var schema: JSONSchema {
        .object(
            [Severity.critical, .high, .medium, .low].map {
                .field($0.rawValue, .count, "The number of findings of severity \($0.rawValue).")
            })
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            for severity in Severity.allCases where severity != .info {
                json.field(severity.rawValue, self[severity])
            }
        }
    }
}

/// A workspace's risk score.
public struct RiskScore: Sendable {
    /// The score, from 0 to 100, with 100 as the worst.
    public let value: Int

    /// Computes the score from the numbers of findings, which the caller gives without license waste, and the number of
    /// identities: the weighted sum ÷ max(300, identities × 5) × 100, rounded, at most 100.
    public init(_ counts: SeverityCounts, identities: Int) {
        let raw = Severity.allCases.reduce(0) { $0 + $1.weight * counts[$1] }
        let scale = max(300, identities * 5)
        value = min(100, (raw * 100 + scale / 2) / scale)
    }

    /// The schema of `label`.
    static var labelSchema: JSONSchema { .oneOf(["Low", "Medium", "High", "Critical"]) }

    /// The meaning of the score in one word.
    public var label: String {
        switch value {
        case ..<25: "Low"
        case ..<50: "Medium"
        case ..<75: "High"
        default: "Critical"
        }
    }
}

/// The risk score of a workspace and its components.
public struct RiskSummary: Sendable {
    public let score: RiskScore
    /// The numbers of findings that are open or in progress, by severity, including license waste.
    public let counts: SeverityCounts
    /// The number of all identities in the workspace.
    public let identities: Int
}

extension Reading<RiskSummary> {
    /// Reads the risk score and its components.
    public static var riskSummary: Reading {
        // A single statement reads all of it, since beginning and ending a second one would take as long as the work of
        // this one.
        let sums: Reading<[(rank: Int?, count: Int, scored: Int)]> = .rows(
            """
            SELECT severity_rank, sum(count), sum(CASE WHEN category <> $2 THEN count END) FROM finding_tallies
            WHERE workspace_id = $1 AND status IN ('open', 'in_progress') GROUP BY severity_rank
            UNION ALL SELECT NULL, sum(count), NULL FROM identity_tallies WHERE workspace_id = $1
            """, [Category.licenseWaste]
        ) { row in (rank: try row[0], count: try row[1] ?? 0, scored: try row[2] ?? 0) }
        return sums.map { sums in
            var counts = SeverityCounts()
            var scored = SeverityCounts()
            var identities = 0
            for sum in sums {
                guard let rank = sum.rank else {
                    identities = sum.count
                    continue
                }
                guard let severity = Severity(rank: rank) else { continue }
                counts[severity] = sum.count
                scored[severity] = sum.scored
            }
            return RiskSummary(
                score: RiskScore(scored, identities: identities), counts: counts, identities: identities)
        }
    }
}

extension Workspace {
    /// Returns the risk score and its components.
    public func riskSummary() throws -> RiskSummary { try read(.riskSummary) }
}
