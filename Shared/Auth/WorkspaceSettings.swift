import Base
import Store

/// What a workspace demands of every request.
struct WorkspaceSettings: Equatable {
    let plan: Plan
    let trialEnd: Timestamp?
    /// Nil when the list is on but can't be understood: then no address is allowed.
    let allowedAddresses: [IPRange]?
    let requiresSecondFactor: Bool
    let sessionTimeoutHours: Int?

    /// The columns that `init(row:)` reads, for a query over `workspaces`.
    static let columns: SQL = """
        workspaces.plan, workspaces.trial_ends_at, workspaces.ip_allowlist, workspaces.mfa_required,
        workspaces.session_timeout_hours
        """

    init(_ row: any Row, from column: Int) throws {
        plan = try row[column]
        trialEnd = try row[column + 1]
        allowedAddresses = try Self.ranges(row[column + 2])
        requiresSecondFactor = try row[column + 3]
        sessionTimeoutHours = try row[column + 4]
    }

    private static func ranges(_ text: String) -> [IPRange]? {
        // The usual list is empty, and needs no parser.
        guard text != "[]" else { return [] }
        guard let entries = try? JSON(parsing: text.utf8), let list = entries.array else { return nil }
        let ranges = list.compactMap { $0.string.flatMap { IPRange($0) } }
        return ranges.count == list.count ? ranges : nil
    }

    /// Whether requests may come from `address`.
    func allows(_ address: IPAddress?) -> Bool {
        guard let allowedAddresses else { return false }
        guard !allowedAddresses.isEmpty else { return true }
        return address.map { address in allowedAddresses.contains { $0.contains(address) } } ?? false
    }
}
