import Connectors
import Store

/// One way in which records of a kind that did not come are kept from being considered gone. The ids that protect are
/// staged in `sync_protected`, next to the records.
struct Protection: Hashable {
    /// The object whose id protects, or the beginning of protected ids.
    enum Scope: String {
        /// The record itself, or the account of a link. An account or application also protects the records that belong
        /// to it.
        case record
        case account
        case application
        case beginning

        /// The name in SQL.
        var text: SQL {
            switch self {
            case .record: "record"
            case .account: "account"
            case .application: "application"
            case .beginning: "beginning"
            }
        }
    }

    let kind: StagedRecord.Kind
    let scope: Scope

    /// The condition for the rows of `sync_protected` that stage this protection in the sync `$2`.
    private var isStaged: SQL {
        "workspace_id = $1 AND sync_run_id = $2 AND kind = '\(kind.text)' AND scope = '\(scope.text)'"
    }

    /// Returns the condition that this protection covers at least one of `ids`, which is one id or a query for ids.
    func covers(_ ids: SQL) -> SQL {
        "EXISTS (SELECT 1 FROM sync_protected WHERE \(isStaged) AND external_id IN (\(ids)))"
    }

    /// Returns the protections that rows of a table may have, each with the ids in the row that it may cover.
    static func all(of table: InventoryTable) -> [(protection: Protection, ids: SQL)] {
        let (kind, name) = (table.kind, table.name)
        let account: SQL = """
            SELECT accounts.external_id FROM accounts
            WHERE accounts.workspace_id = $1 AND accounts.id = \(name).account_id
            """
        let application: SQL = """
            SELECT applications.external_id FROM applications
            WHERE applications.workspace_id = $1 AND applications.id = \(name).application_id
            """
        var all: [(Protection, SQL)] = [
            (Protection(kind: kind, scope: .record), "\(name).external_id"),
            (Protection(kind: kind, scope: .beginning), "substr(\(name).external_id, 1, length(external_id))"),
        ]
        if [.entitlement, .oauthGrant, .accessKey].contains(kind) {
            all += [
                (Protection(kind: .account, scope: .record), account),
                (Protection(kind: kind, scope: .account), account),
            ]
        }
        if [.entitlement, .oauthGrant].contains(kind) {
            all += [
                (Protection(kind: .application, scope: .record), application),
                (Protection(kind: kind, scope: .application), application),
            ]
        }
        if kind == .application {
            let holders: SQL = """
                SELECT accounts.external_id FROM oauth_grants JOIN accounts ON accounts.workspace_id = $1
                    AND accounts.id = oauth_grants.account_id
                WHERE oauth_grants.workspace_id = $1 AND oauth_grants.application_id = \(name).id
                """
            all.append((Protection(kind: kind, scope: .account), holders))
        }
        return all
    }

    /// Returns the protections that a page stages, each with an id or the beginning of ids: those in `kept` that are
    /// not about a whole kind, and those of the links of accounts without readable addresses.
    static func staged(by entries: PageEntries) -> [(protection: Protection, id: String)] {
        var staged = entries.kept.compactMap(\.staged)
        for case .account(let account) in entries.records
        where !account.unread.isDisjoint(with: [.email, .linkedEmails]) {
            staged.append((Protection(kind: .accountLink, scope: .record), account.externalID))
        }
        return staged
    }
}

extension Kept {
    /// The protection, with its id or beginning of ids; nil if all records of a kind are kept.
    fileprivate var staged: (protection: Protection, id: String)? {
        func protection(_ kind: SyncRecord.Kind, _ scope: Protection.Scope, _ id: String) -> (Protection, String)? {
            // The kinds of records have the same names as the kinds of staged records.
            StagedRecord.Kind(rawValue: kind.rawValue).map { (Protection(kind: $0, scope: scope), id) }
        }
        switch self {
        case .all: return nil
        case .record(let kind, let id): return protection(kind, .record, id)
        case .ofAccount(let kind, let id): return protection(kind, .account, id)
        case .ofApplication(let kind, let id): return protection(kind, .application, id)
        case .beginning(let kind, let prefix): return protection(kind, .beginning, prefix)
        }
    }
}
