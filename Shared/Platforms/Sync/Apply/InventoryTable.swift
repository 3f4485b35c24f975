import Connectors
import Store

/// One table of the inventory, with the statements that turn staged records into its rows. All statements take the
/// workspace as `$1` and the run as `$2`. The run's `finished_at` is the time of the change.
struct InventoryTable {
    /// A column and its value: `text`, `flag`, `moment` or `json` of the staged record, or a column of `source`.
    typealias Column = (name: SQL, value: SQL)

    let kind: StagedRecord.Kind
    let name: SQL
    /// The other tables from which a row is made. An entitlement or a grant whose account or application is not in the
    /// inventory gets no row.
    var source: SQL = ""
    /// The name by which people know a row, read from the staged record and from the row.
    let label: (staged: SQL, row: SQL)
    /// The columns that every change writes.
    let columns: [Column]
    /// The columns that only a new row gets.
    var firstColumns: [Column] = []
    /// A further condition by which rows count as gone, beginning with OR. The tables that it names must come before
    /// this one in `all`.
    var extraDeleteCondition: SQL = ""

    /// The condition that selects the run.
    static let run: SQL = "run.workspace_id = $1 AND run.id = $2"
    static let integration: SQL = "(SELECT integration_id FROM sync_runs WHERE workspace_id = $1 AND id = $2)"
    static let appliedAt: SQL = "(SELECT finished_at FROM sync_runs WHERE workspace_id = $1 AND id = $2)"

    private var kindName: SQL { "'\(kind.text)'" }

    /// Returns the query for the ids of the rows that count as gone: those that did not come and that no protection
    /// covers, and those whose account or application is gone. Without proof for the kind, these are only the latter.
    /// `protections` are those that the sync has staged.
    func unseen(_ lists: ReadLists, _ protections: Set<Protection>) -> SQL {
        // The kinds of records have the same names as the kinds of staged records.
        let kind = SyncRecord.Kind(rawValue: kind.rawValue)
        let proof = kind.flatMap { lists.enumeration(of: $0) }
        return """
            SELECT \(name).id
            FROM \(name) JOIN sync_runs AS run ON run.workspace_id = \(name).workspace_id
                AND run.integration_id = \(name).integration_id
            WHERE \(Self.run) AND \(name).workspace_id = $1
                AND (\(proof.map { isUnseen($0, protections) } ?? "1 = 0")\(extraDeleteCondition))
            """
    }

    /// Returns the condition for rows that did not come although all of their kind were listed, and that no protection
    /// covers.
    private func isUnseen(_: Enumeration, _ protections: Set<Protection>) -> SQL {
        var condition: SQL = """
            NOT EXISTS (SELECT 1 FROM sync_records WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = \(kindName)
                AND external_id = \(name).external_id)
            """
        for (protection, ids) in Protection.all(of: self) where protections.contains(protection) {
            condition = condition + " AND NOT " + protection.covers(ids)
        }
        return "(\(condition))"
    }

    /// The query for the ids of the rows that are noted as gone.
    var gone: SQL {
        "(SELECT entity_id FROM sync_gone WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = \(kindName))"
    }

    /// Returns the query for the keys of the rows that meet a condition.
    func keys(_ condition: SQL) -> SQL { "SELECT \(name).id AS key FROM \(name) WHERE \(condition)" }

    /// The condition for rows that are noted as gone.
    var isGone: SQL { "\(name).workspace_id = $1 AND \(name).id IN \(gone)" }

    /// Returns the condition for the table's rows in a part; for the whole, the rows that meet `condition`.
    func rows(_ part: ApplyPart, or condition: SQL) -> SQL {
        "\(part.aside("\(name).workspace_id")) = $1 AND \(part.has("\(name).id", or: condition))"
    }

    /// Returns the statement that logs rows as deleted.
    func logGone(_ part: ApplyPart, _ condition: SQL) -> SQL { log("deleted", part, condition) }

    /// Returns the statement that logs a change of the rows that meet a condition.
    func log(_ change: SQL, _ part: ApplyPart, _ condition: SQL) -> SQL {
        """
        INSERT INTO sync_events (workspace_id, sync_run_id, change, entity_type, entity_id, label, occurred_at)
        SELECT run.workspace_id, run.id, '\(change)', \(kindName), \(name).id, \(label.row), run.finished_at
        FROM \(name) JOIN sync_runs AS run ON run.workspace_id = \(part.aside("\(name).workspace_id"))
        WHERE \(Self.run) AND \(condition) ON CONFLICT DO NOTHING
        """
    }

    private var changed: SQL {
        """
        FROM sync_runs AS run JOIN sync_records AS staged ON staged.workspace_id = run.workspace_id
            AND staged.sync_run_id = run.id AND staged.kind = \(kindName) AND staged.fingerprint <> ''\(source)
        """
    }

    /// The query for the ids of staged records that differ from their rows and are not written yet.
    var changedKeys: SQL {
        """
        SELECT staged.external_id AS key FROM sync_records AS staged
        WHERE staged.workspace_id = $1 AND staged.sync_run_id = $2 AND staged.kind = \(kindName)
            AND staged.fingerprint <> '' AND NOT EXISTS (
                SELECT 1 FROM \(name) WHERE \(name).integration_id = \(Self.integration)
                    AND \(name).external_id = staged.external_id AND \(name).sync_fingerprint = staged.fingerprint)
        """
    }

    /// Returns the statement that logs rows that are created or changed.
    func logChanged(_ part: ApplyPart) -> SQL {
        """
        INSERT INTO sync_events (workspace_id, sync_run_id, change, entity_type, entity_id, label, occurred_at)
        SELECT run.workspace_id, run.id, CASE WHEN old.id IS NULL THEN 'created' ELSE 'updated' END, \(kindName),
            COALESCE(old.id, staged.entity_id), \(label.staged), run.finished_at
        \(changed) LEFT JOIN \(name) AS old ON old.integration_id = run.integration_id
            AND old.external_id = staged.external_id
        WHERE \(Self.run) AND \(part.has("staged.external_id")) ON CONFLICT DO NOTHING
        """
    }

    /// Returns the statement that writes the rows of the staged records.
    func write(_ part: ApplyPart) -> SQL {
        let always: [Column] =
            columns + [("sync_fingerprint", "staged.fingerprint"), ("updated_at", "run.finished_at")]
        let all: [Column] =
            [
                ("id", "staged.entity_id"), ("workspace_id", "run.workspace_id"),
                ("integration_id", "run.integration_id"), ("external_id", "staged.external_id"),
            ] + always + firstColumns
        return """
            INSERT INTO \(name) (\(.list(all.map(\.name)))) SELECT \(.list(all.map(\.value)))
            \(changed) WHERE \(Self.run) AND \(part.has("staged.external_id"))
            ON CONFLICT (integration_id, external_id) DO UPDATE SET
            \(.list(always.map { "\($0.name) = excluded.\($0.name)" }))
            """
    }
}

/// Returns an SQL expression for the staged record's member `name` as text.
func text(_ name: SQL) -> SQL { "staged.record ->> '\(name)'" }
/// Returns an SQL expression for the staged record's member `name` as a truth value.
func flag(_ name: SQL) -> SQL { "CAST(staged.record ->> '\(name)' AS boolean)" }
/// Returns an SQL expression for the staged record's member `name` as a time.
func moment(_ name: SQL) -> SQL { "moment(staged.record ->> '\(name)')" }
/// Returns an SQL expression for the staged record's member `name` as JSON.
func json(_ name: SQL) -> SQL { "staged.record -> '\(name)'" }
