public import Base
import Store

/// A workspace in the form in which operators see it: its settings, and the numbers of its members, keys and
/// integrations.
public struct WorkspaceOverview: Sendable, Equatable {
    public let id: Identifier
    public let name: String
    public let plan: Plan
    /// The end of the trial. Nil if there is none.
    public let trialEnd: Timestamp?
    /// The addresses and CIDR ranges that requests may come from. If the list is empty, requests may come from any
    /// address.
    public let allowedAddresses: JSON
    public let requiresSecondFactor: Bool
    /// The longest duration of a session in hours. Nil if it is not limited.
    public let sessionTimeoutHours: Int?
    public let riskSettings: JSON
    public let remediationSettings: JSON
    public let createdAt: Timestamp
    /// The time at which its data was erased. Nil if it was not.
    public let deletedAt: Timestamp?
    public let members: Int
    /// The number of API keys that have not been revoked.
    public let apiKeys: Int
    /// The number of integrations that are not disconnected.
    public let integrations: Int
    /// The values of each mark, in the order of the alphabet.
    public fileprivate(set) var marks: [WorkspaceMark: [String]] = [:]

    fileprivate static let columns: SQL = """
        id, name, plan, trial_ends_at, ip_allowlist, mfa_required, session_timeout_hours, risk_settings,
        remediation_settings, created_at, deleted_at,
        (SELECT count(*) FROM members WHERE members.workspace_id = workspaces.id),
        (SELECT count(*) FROM api_keys WHERE api_keys.workspace_id = workspaces.id AND revoked_at IS NULL),
        (SELECT count(*) FROM integrations WHERE integrations.workspace_id = workspaces.id
            AND integrations.status <> 'disconnected')
        """

    fileprivate init(_ row: any Row) throws {
        id = try row[0]
        name = try row[1]
        plan = try row[2]
        trialEnd = try row[3]
        allowedAddresses = try row[4]
        requiresSecondFactor = try row[5]
        sessionTimeoutHours = try row[6]
        riskSettings = try row[7]
        remediationSettings = try row[8]
        createdAt = try row[9]
        deletedAt = try row[10]
        members = try row[11]
        apiKeys = try row[12]
        integrations = try row[13]
    }

    /// The settings that `WorkspaceSetting` changes, by the names of their columns.
    public var settings: [String: JSON] {
        var settings: [String: JSON] = [
            "name": .string(name), "plan": .string(plan.rawValue),
            "trial_ends_at": trialEnd.map { .string($0.description) } ?? .null, "ip_allowlist": allowedAddresses,
            "mfa_required": .bool(requiresSecondFactor),
            "session_timeout_hours": sessionTimeoutHours.map(JSON.integer) ?? .null, "risk_settings": riskSettings,
            "remediation_settings": remediationSettings,
        ]
        for mark in WorkspaceMark.allCases {
            settings[mark.rawValue] = .array((marks[mark] ?? []).map(JSON.string))
        }
        return settings
    }

    fileprivate mutating func add(mark: String, value: String) {
        guard let mark = WorkspaceMark(rawValue: mark) else { return }
        marks[mark, default: []].append(value)
    }

    /// The id, the settings, the numbers and the times as JSON.
    public var json: JSON {
        var members: [String: JSON] = settings
        members["id"] = .string(id.description)
        members["created_at"] = .string(createdAt.description)
        members["deleted_at"] = deletedAt.map { .string($0.description) } ?? .null
        members["members"] = .integer(self.members)
        members["api_keys"] = .integer(apiKeys)
        members["integrations"] = .integer(integrations)
        return .object(members)
    }
}

extension SystemAccess {
    /// Returns all workspaces, oldest first. Workspaces whose data was erased are included only if `includesDeleted` is
    /// true.
    @_spi(System) public func workspaceOverviews(includesDeleted: Bool = false) throws -> [WorkspaceOverview] {
        var all = try database.rows(
            "SELECT " + WorkspaceOverview.columns + " FROM workspaces ORDER BY created_at, id",
            decode: WorkspaceOverview.init)
        let marks = try database.rows("SELECT workspace_id, kind, value FROM workspace_marks ORDER BY kind, value") {
            row in (workspace: try row[0] as Identifier, mark: try row[1] as String, value: try row[2] as String)
        }
        let marksByWorkspace = Dictionary(grouping: marks, by: \.workspace)
        all = all.map { one in
            var one = one
            for (_, mark, value) in marksByWorkspace[one.id] ?? [] { one.add(mark: mark, value: value) }
            return one
        }
        return includesDeleted ? all : all.filter { $0.deletedAt == nil }
    }

    /// Returns a workspace, even if its data was erased. Returns nil if there is none with this id.
    @_spi(System) public func workspaceOverview(_ id: Identifier) throws -> WorkspaceOverview? {
        var found = try database.first(
            "SELECT " + WorkspaceOverview.columns + " FROM workspaces WHERE workspaces.id = $1", id,
            decode: WorkspaceOverview.init)
        let marks = try database.rows(
            "SELECT kind, value FROM workspace_marks WHERE workspace_id = $1 ORDER BY kind, value", id
        ) { row in (mark: try row[0] as String, value: try row[1] as String) }
        for (mark, value) in marks { found?.add(mark: mark, value: value) }
        return found
    }
}

extension Workspace {
    /// Returns the workspace in the form in which operators see it.
    func overview() throws -> WorkspaceOverview {
        guard let found = try SystemAccess(database).workspaceOverview(id) else {
            throw StoreError.failed("workspace \(id) is not there")
        }
        return found
    }
}
