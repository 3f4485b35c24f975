public import Base
public import Operation
import Store

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
