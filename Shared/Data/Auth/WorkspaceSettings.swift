import Base
import Store

/// The settings of a workspace that decide if a request of a member or an API key is allowed.
struct WorkspaceSettings: Equatable {
    let plan: Plan
    let trialEnd: Timestamp?
    /// The addresses that requests may come from. An empty list allows all; nil means that the stored list can't be
    /// read, and allows none.
    let allowedAddresses: [IPRange]?
    let requiresSecondFactor: Bool
    let sessionTimeoutHours: Int?

    /// The columns that `init(_:from:)` reads, for a query over `workspaces`.
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
        // Most lists are empty. They need no JSON parser.
        guard text != "[]" else { return [] }
        guard let entries = try? JSON(parsing: text.utf8), let list = entries.array else { return nil }
        let ranges = list.compactMap { $0.string.flatMap { IPRange($0) } }
        return ranges.count == list.count ? ranges : nil
    }

    /// Returns true if requests may come from `address`.
    func allows(_ address: IPAddress?) -> Bool {
        guard let allowedAddresses else { return false }
        guard !allowedAddresses.isEmpty else { return true }
        return address.map { address in allowedAddresses.contains { $0.contains(address) } } ?? false
    }
}
