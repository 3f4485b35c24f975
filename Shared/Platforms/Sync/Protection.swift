import Connectors
import Store

/// One way in which records that did not come are kept from being considered gone. Protections are staged next to the
/// records. Their kind is `mark`; their id is that of the protecting record, account or application, or the prefix of
/// the protected ids.
struct Protection {
    /// The `kind` of the rows in `sync_staged` that stage this protection. `ReadLists.protections` collects these
    /// marks, so that syncs without protections don't search for any.
    let mark: String
    /// The kind of the staged rows, which is `mark`, in SQL.
    let kind: SQL
    /// The condition that a staged row's `external_id` protects a row of the table.
    let covers: SQL

    /// Returns the protections that rows of a table may have.
    static func all(of table: InventoryTable) -> [Protection] {
        let (kind, name) = (table.kind, table.name)
        let account: SQL = """
            SELECT accounts.external_id FROM accounts
            WHERE accounts.workspace_id = $1 AND accounts.id = \(name).account_id
            """
        let application: SQL = """
            SELECT applications.external_id FROM applications
            WHERE applications.workspace_id = $1 AND applications.id = \(name).application_id
            """
        let beginning: SQL = "substr(\(name).external_id, 1, length(external_id))"
        var all = [
            Protection(.record, kind, "\(name).external_id"), Protection(.beginning, kind, beginning),
        ]
        if [.entitlement, .oauthGrant, .accessKey].contains(kind) {
            all += [Protection(.record, .account, account), Protection(.ofAccount, kind, account)]
        }
        if [.entitlement, .oauthGrant].contains(kind) {
            all += [Protection(.record, .application, application), Protection(.ofApplication, kind, application)]
        }
        if kind == .application {
            let holders: SQL = """
                SELECT accounts.external_id FROM oauth_grants JOIN accounts ON accounts.workspace_id = $1
                    AND accounts.id = oauth_grants.account_id
                WHERE oauth_grants.workspace_id = $1 AND oauth_grants.application_id = \(name).id
                """
            all.append(Protection(.ofAccount, kind, holders))
        }
        return all
    }

    /// The object whose id protects, or a prefix of ids.
    enum Holder {
        case record, ofAccount, ofApplication, beginning
    }

    /// Creates a protection; `ids` is one id or a query for ids.
    private init(_ holder: Holder, _ kind: StagedRecord.Kind, _ ids: SQL) {
        mark = Self.mark(holder, kind)
        let rest: SQL =
            switch holder {
            case .record: ""
            case .ofAccount: " of account"
            case .ofApplication: " of application"
            case .beginning: " beginning"
            }
        self.kind = "'kept \(kind.text)\(rest)'"
        covers = "external_id IN (\(ids))"
    }

    static func mark(_ holder: Holder, _ kind: StagedRecord.Kind) -> String {
        switch holder {
        case .record: "kept \(kind.rawValue)"
        case .ofAccount: "kept \(kind.rawValue) of account"
        case .ofApplication: "kept \(kind.rawValue) of application"
        case .beginning: "kept \(kind.rawValue) beginning"
        }
    }
}

extension Kept {
    /// The protection's row in `sync_staged`; nil if it covers all records of a kind.
    var staged: (mark: String, id: String)? {
        func kind(_ kind: SyncRecord.Kind) -> StagedRecord.Kind? { StagedRecord.Kind(rawValue: kind.rawValue) }
        switch self {
        case .all: return nil
        case .record(let of, let id): return kind(of).map { (Protection.mark(.record, $0), id) }
        case .ofAccount(let of, let id): return kind(of).map { (Protection.mark(.ofAccount, $0), id) }
        case .ofApplication(let of, let id): return kind(of).map { (Protection.mark(.ofApplication, $0), id) }
        case .beginning(let of, let prefix): return kind(of).map { (Protection.mark(.beginning, $0), prefix) }
        }
    }

    /// The kind of that row.
    var mark: String? { staged?.mark }
}
