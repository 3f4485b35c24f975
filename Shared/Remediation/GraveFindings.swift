import Auth
import Base
import Connectors
import Findings
import Store

/// The open findings, high or critical, that name what an action changes.
///
/// The records alone decide if an action needs approval: its target, what its parameters name, and what the action changes
/// besides. The finding that the caller mentions can only make it stricter. A finding counts if it names a record in any
/// way: as its subject, in the entities that it lists, by another account of the same person, or as the same application on
/// another platform. If a name could also be that of something else, the action waits for approval: an approval too many
/// costs a moment, and one too few costs an account.
extension Workspace {
    /// The severity of a finding, or the worse one of a finding, high or critical, that is not resolved and has one of the
    /// names. Nil if there is neither. Snoozed and dismissed findings count: whoever must wait for approval may set findings
    /// aside, and would otherwise remove the reason for the approval first. So do those that an API key has resolved by
    /// sanctioning an application.
    func worstSeverity(naming names: Names, or own: Severity?) throws -> Severity? {
        let ranks = try rows(
            """
            SELECT severity_rank, affected_identity_id, affected_application_id, affected_device_id, affected_entities
            FROM findings
            WHERE workspace_id = $1 AND (status <> 'resolved' OR reason = $3) AND severity_rank <= $2
            """, Severity.high.rank, SanctionReason.program
        ) { row -> Int? in
            let subjects = [try row[1] as Identifier?, try row[2] as Identifier?, try row[3] as Identifier?]
            return Self.isAbout(names, subjects.compactMap { $0 }, try row[4]) ? try row[0] as Int : nil
        }
        return (ranks.compactMap { $0 } + (own.map { [$0.rank] } ?? [])).min().flatMap(Severity.init(rank:))
    }

    /// All ids and names under which findings may list what a request changes, in lower case.
    func names(of records: [ResolvedTarget], of request: ActionRequest) throws -> Names {
        var names = Names()
        names.add(request.entityID)
        // Everything of an account goes with it.
        let endsAccess: Set<ActionType> = [
            .suspendUser, .deactivateUser, .offboardUser, .revokeAllTokens, .revokeOAuthToken, .removeFromGroup,
        ]
        for record in records {
            if record.accountID != nil { names.kinds.formUnion(["accounts", "identities"]) }
            if record.applicationID != nil { names.kinds.insert("applications") }
            if record.deviceID != nil { names.kinds.insert("devices") }
            names.add(record.externalID, record.email, record.username, record.clientID)
            names.add(record.recordID, record.deviceID, record.applicationID)
            // A person's name may be that of several people; findings list accounts and people by our ids.
            if record.identityID == nil || record.kind == .key { names.add(record.label) }
            try addAccounts(of: record, to: &names)
            // Whoever uses a device is shut out with it.
            if record.kind != .device || request.type != .syncDevice { try addPerson(record.identityID, to: &names) }
            try addApplications(of: record, to: &names)
            if record.kind == .account, endsAccess.contains(request.type) { try addKeys(of: record, to: &names) }
        }
        return names
    }

    /// The account that a record is or belongs to, and the accounts of its id on other platforms.
    private func addAccounts(of record: ResolvedTarget, to names: inout Names) throws {
        try names.add(
            rows(
                """
                SELECT id, external_id, email, username FROM accounts
                WHERE workspace_id = $1 AND (external_id = $2 OR id = $3)
                """, record.externalID, record.accountID, decode: Names.row))
    }

    private func addPerson(_ person: Identifier?, to names: inout Names) throws {
        guard let person else { return }
        names.kinds.insert("identities")
        names.add(person)
        try names.add(
            rows(
                "SELECT id, external_id, email, username FROM accounts WHERE workspace_id = $1 AND identity_id = $2",
                person, decode: Names.row))
        names.add(
            try first("SELECT email FROM identities WHERE workspace_id = $1 AND id = $2", person) {
                try $0[0] as String?
            } ?? nil)
    }

    /// An application, and those of the same name: a decision about one is about all.
    private func addApplications(of record: ResolvedTarget, to names: inout Names) throws {
        guard let application = record.applicationID else { return }
        try names.add(
            rows(
                """
                SELECT same.id, same.external_id, same.name, same.name_folded FROM applications
                JOIN applications AS same
                    ON same.workspace_id = applications.workspace_id AND same.name_folded = applications.name_folded
                WHERE applications.workspace_id = $1 AND applications.id = $2
                """, application, decode: Names.row))
    }

    private func addKeys(of account: ResolvedTarget, to names: inout Names) throws {
        try names.add(
            rows(
                """
                SELECT id, external_id, name, CAST(NULL AS text) FROM access_keys
                WHERE workspace_id = $1 AND account_id = $2
                """, account.accountID, decode: Names.row))
    }

    /// Returns true if a finding about these subjects, which lists these entities, has one of the names. A list that is full
    /// may have left out the record: it counts as having each of its kind.
    fileprivate static func isAbout(_ names: Names, _ subjects: [Identifier], _ entities: JSON) -> Bool {
        subjects.contains { names.all.contains($0.description) } || lists(entities, oneOf: names.all)
            || names.kinds.contains { (entities[$0]?.array?.count ?? 0) >= Finding.mostEntities }
    }

    /// Returns true if a list of entities has one of the names anywhere. The names of platforms do not count.
    private static func lists(_ entities: JSON, oneOf names: Set<String>) -> Bool {
        switch entities {
        case .string(let text): names.contains(text.lowercased())
        case .array(let members): members.contains { lists($0, oneOf: names) }
        case .object(let members): members.contains { $0.key != "platform" && lists($0.value, oneOf: names) }
        default: false
        }
    }
}

extension RemediableFinding {
    /// Returns true if the finding has one of the names.
    func isAbout(_ names: Names) -> Bool {
        Workspace.isAbout(names, Array(linked.values), affectedEntities)
    }
}

/// The names of records, in lower case, and the lists of findings that may have them.
struct Names {
    private(set) var all: Set<String> = []
    fileprivate var kinds: Set<String> = []

    fileprivate mutating func add(_ names: String?...) { names.forEach { add($0) } }

    fileprivate mutating func add(_ ids: Identifier?...) { ids.forEach { add($0?.description) } }

    fileprivate mutating func add(_ rows: [[String?]]) { rows.joined().forEach { add($0) } }

    private mutating func add(_ name: String?) {
        if let name, !name.isEmpty { all.insert(name.lowercased()) }
    }

    /// An id and three texts.
    fileprivate static func row(_ row: any Row) throws -> [String?] {
        [(try row[0] as Identifier).description, try row[1], try row[2], try row[3]]
    }
}
