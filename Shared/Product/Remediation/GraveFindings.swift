import Auth
import Base
import Connectors
import Findings
import Integrations
import Store

/// The check for high and critical findings about the records that an action changes. They need not be open.
///
/// Only the records decide if an action needs approval: its target, the records that its parameters name, and the
/// records that it changes as a result. A finding that the caller mentions can only make the check stricter. A finding
/// counts if it names a record in any way: as its subject, in its lists of entities, by another account of the same
/// person, or as the same application on another platform. If a finding's name may also belong to something else, the
/// finding counts: one approval too many costs a moment, one too few may cost an account.
extension Workspace {
    /// Returns the worst severity among `own` and the high and critical findings that have one of the names; nil if
    /// there is none. Snoozed and dismissed findings count, since a caller who needs approval could otherwise set the
    /// finding aside first. Findings that an API key resolved by sanctioning an application count as well.
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

    /// Returns all ids and names, in lower case, under which findings may list the records that a request changes.
    func names(of records: [ResolvedTarget], of request: ActionRequest) throws -> Names {
        var names = Names()
        names.add(request.entityID)
        // With these actions an account's keys lose their access too, so findings about the keys count.
        let endsAccess: Set<ActionType> = [
            .suspendUser, .deactivateUser, .offboardUser, .revokeAllTokens, .revokeOAuthToken, .removeFromGroup,
        ]
        for record in records {
            if record.accountID != nil { names.kinds.formUnion([.accounts, .identities]) }
            if record.applicationID != nil { names.kinds.insert(.applications) }
            if record.deviceID != nil { names.kinds.insert(.devices) }
            names.add(record.externalID, record.email, record.username, record.clientID)
            names.add(record.recordID, record.deviceID, record.applicationID)
            // Several people may have the same name, and findings list accounts and people by our ids.
            if record.identityID == nil || record.kind == .key { names.add(record.label) }
            try addAccounts(of: record, to: &names)
            // An action on a device, other than a sync, may also shut out its user.
            if record.kind != .device || request.type != .syncDevice { try addPerson(record.identityID, to: &names) }
            try addApplications(of: record, to: &names)
            if record.kind == .account, endsAccess.contains(request.type) { try addKeys(of: record, to: &names) }
        }
        return names
    }

    /// Adds the account that a record is or belongs to, and all accounts, on any platform, that have the same
    /// provider's id as the record.
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
        names.kinds.insert(.identities)
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

    /// Adds an application and those with the same name, since a decision about one applies to all.
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

    /// Returns true if a finding with these subjects and lists of entities has one of the names. A full list may have
    /// left the record out, so it counts as containing every record of its kind.
    fileprivate static func isAbout(_ names: Names, _ subjects: [Identifier], _ entities: JSON) -> Bool {
        subjects.contains { names.all.contains($0.description) } || lists(entities, oneOf: names.all)
            || names.kinds.contains { $0.list(in: entities).count >= AffectedEntities.most }
    }

    /// Returns true if one of the names is anywhere in a list of entities. The names of platforms don't count.
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
    /// Returns true if the finding names one of the records, or a full list of their kind may have left one out.
    func isAbout(_ names: Names) -> Bool {
        Workspace.isAbout(names, Array(linked.values), affectedEntities)
    }
}

/// The ids and names of records in lower case, and the kinds of findings' lists that may contain them.
struct Names {
    private(set) var all: Set<String> = []
    fileprivate var kinds: Set<AffectedEntities> = []

    fileprivate mutating func add(_ names: String?...) { names.forEach { add($0) } }

    fileprivate mutating func add(_ ids: Identifier?...) { ids.forEach { add($0?.description) } }

    fileprivate mutating func add(_ rows: [[String?]]) { rows.joined().forEach { add($0) } }

    private mutating func add(_ name: String?) {
        if let name, !name.isEmpty { all.insert(name.lowercased()) }
    }

    /// Reads an id and three texts.
    fileprivate static func row(_ row: any Row) throws -> [String?] {
        [(try row[0] as Identifier).description, try row[1], try row[2], try row[3]]
    }
}
