import Auth
import Base
import Store

/// How many findings there are of each severity.
public struct SeverityCounts: Sendable {
    private var counts: [Severity: Int] = [:]

    /// How many of one severity.
    public internal(set) subscript(severity: Severity) -> Int {
        get { counts[severity] ?? 0 }
        set { counts[severity] = newValue }
    }

    /// How many in all.
    public var total: Int { counts.values.reduce(0, +) }
}

extension SeverityCounts: JSONWritable {
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
    /// 0 to 100, worst at the top.
    public let value: Int

    /// The score of so many findings, license waste left out, among so many identities:
    /// the weighted sum ÷ max(300, identities × 5) × 100, at most 100.
    public init(_ counts: SeverityCounts, identities: Int) {
        let raw = Severity.allCases.reduce(0) { $0 + $1.weight * counts[$1] }
        let scale = max(300, identities * 5)
        value = min(100, (raw * 100 + scale / 2) / scale)
    }

    /// What the score means.
    public var label: String {
        switch value {
        case ..<25: "Low"
        case ..<50: "Medium"
        case ..<75: "High"
        default: "Critical"
        }
    }
}

/// What is wrong in a workspace now, in numbers.
public struct RiskSummary: Sendable {
    /// The score.
    public let score: RiskScore
    /// The findings that are open or in progress, by severity.
    public let counts: SeverityCounts
    /// How many identities there are.
    public let identities: Int
}

extension Reading<RiskSummary> {
    /// The risk score, with what it is made of.
    public static var riskSummary: Reading {
        // One statement: a server takes as long to begin and end one as this one's work takes.
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
    /// The risk score, with what it is made of.
    public func riskSummary() throws -> RiskSummary { try read(.riskSummary) }
}
