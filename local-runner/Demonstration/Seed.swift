import Analysis
@_spi(System) import Auth
public import Base
public import Findings
public import Store

/// The demonstration workspace: a fictional company of about 420 identities, with a problem for nearly every rule.
public enum Demonstration {
    /// The workspace's id, which is always the same.
    public static let workspaceID: Identifier = {
        var generator = SplitMix64(seed: 0xFE12_0000)
        return .random(using: &generator)
    }()

    /// The members of the demonstration workspace, and the numbers of its records.
    public struct Summary: Sendable {
        /// A person who may use the workspace.
        public struct Member: Sendable {
            /// The role as the store has it, such as `security_analyst`.
            public let role: String
            /// The subject of the member's session tokens.
            public let userID: Identifier
            /// The e-mail address of the employee.
            public let email: String
        }

        /// The workspace's id.
        public let workspaceID: Identifier
        /// The company's name.
        public let name: String
        /// The members, at least one in each role.
        public let members: [Member]
        /// The number of people, service accounts and guests.
        public let identities: Int
        /// The number of managed and unmanaged applications.
        public let applications: Int
        /// The number of computers, phones and agents on them.
        public let devices: Int
        /// The number of roles of people in applications.
        public let entitlements: Int
        /// The number of lines of the platforms' logs.
        public let auditEvents: Int
        /// The number of findings of any status.
        public let findings: Int
    }

    /// Creates the workspace in one transaction, with every time relative to `now`. Writes nothing if the workspace
    /// exists. Returns the workspace's numbers. The schema must be up to date. Two databases seeded with the same `now`
    /// have the same contents, except random ids and hashes in the audit log, and the ids of the last analysis and its
    /// snapshot.
    public static func seed(_ database: any Database, now: Timestamp) throws -> Summary {
        if let summary = try summary(database) { return summary }
        let made = try database.transaction(.write) {
            // Another process may have created the workspace in the meantime.
            if let summary = try summary(database) { return summary }
            let company = try Company(now: now)
            try Writer(company, workspaceID: workspaceID, into: database).write()
            // The analysis finds the planted problems, as it does in every other workspace.
            _ = try SystemAccess(database).workspace(workspaceID)?.analyze(now: analysisTime(now: now))
            guard let summary = try summary(database) else { throw DemonstrationError.nothingLeft(Company.name) }
            return summary
        }
        try database.analyzeStatistics()
        return made
    }

    /// Returns the time of the analysis that the seed runs, nine minutes before `now`.
    static func analysisTime(now: Timestamp) -> Timestamp { now - 540 }

    /// Returns the planted problems that exist at `now`, without those of the past: the severity of each by its
    /// finding's key.
    public static func planted(now: Timestamp) throws -> [String: Severity] {
        Dictionary(uniqueKeysWithValues: try Company(now: now).planted.map { ($0.key, $0.severity) })
    }

    private static func summary(_ database: any Database) throws -> Summary? {
        let name = try database.first("SELECT name FROM workspaces WHERE workspaces.id = $1", workspaceID) {
            try $0[0] as String
        }
        guard let name else { return nil }
        func count(_ sql: SQL) throws -> Int { try database.first(sql, workspaceID) { try $0[0] as Int } ?? 0 }
        let members = try database.rows(
            "SELECT role, user_id, email FROM members WHERE workspace_id = $1 ORDER BY created_at, email",
            workspaceID
        ) { row in Summary.Member(role: try row[0], userID: try row[1], email: try row[2]) }
        return Summary(
            workspaceID: workspaceID, name: name, members: members,
            identities: try count("SELECT count(*) FROM identities WHERE workspace_id = $1"),
            applications: try count("SELECT count(*) FROM applications WHERE workspace_id = $1"),
            devices: try count("SELECT count(*) FROM devices WHERE workspace_id = $1"),
            entitlements: try count("SELECT count(*) FROM entitlements WHERE workspace_id = $1"),
            auditEvents: try count("SELECT count(*) FROM audit_events WHERE workspace_id = $1"),
            findings: try count("SELECT count(*) FROM findings WHERE workspace_id = $1"))
    }
}
