import Connectors
import Store

/// One table of the inventory, and how staged records become its rows. All statements take the workspace as `$1` and the
/// run as `$2`; the run's `finished_at` is the moment of the change.
struct InventoryTable {
    /// A column, and what goes into it: `text`, `flag`, `moment` or `json` of the staged record, or a column of `source`.
    typealias Column = (name: SQL, value: SQL)

    let kind: StagedRecord.Kind
    let name: SQL
    /// The other tables that a row is made from: a record whose account or application did not come has no row.
    var source: SQL = ""
    /// What people know a row by, of the record and of the row itself.
    let label: (staged: SQL, row: SQL)
    /// What every change writes.
    let columns: [Column]
    /// What only a new row gets.
    var firstColumns: [Column] = []
    /// What else makes a row go; the tables that it names come before this one.
    var orGone: SQL = ""

    /// Which run it is.
    static let run: SQL = "run.workspace_id = $1 AND run.id = $2"
    static let integration: SQL = "(SELECT integration_id FROM sync_runs WHERE workspace_id = $1 AND id = $2)"
    static let appliedAt: SQL = "(SELECT finished_at FROM sync_runs WHERE workspace_id = $1 AND id = $2)"

    private var kindName: SQL { "'\(kind.text)'" }

    private var goneKind: SQL { "'gone ' || \(kindName)" }

    /// Selects the ids of the rows that the provider no longer shows. Of a kind that was not enumerated these are only
    /// the rows whose account or application is gone.
    func unseen(_ lists: ReadLists) -> SQL {
        // Kinds of records have the names of kinds of staged records.
        let kind = SyncRecord.Kind(rawValue: kind.rawValue)
        let proof = kind.flatMap { lists.enumeration(of: $0) }
        return """
            SELECT \(name).external_id, \(name).id
            FROM \(name) JOIN sync_runs AS run ON run.workspace_id = \(name).workspace_id
                AND run.integration_id = \(name).integration_id
            WHERE \(Self.run) AND \(name).workspace_id = $1
                AND (\(proof.map { isUnseen($0, lists.protections) } ?? "1 = 0")\(orGone))
            """
    }

    /// Selects rows that did not come, though all of their kind has, and that nothing protects.
    private func isUnseen(_: Enumeration, _ marks: Set<String>) -> SQL {
        func isStaged(_ kind: SQL, _ covers: SQL) -> SQL {
            """
            EXISTS (SELECT 1 FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = \(kind)
                AND \(covers))
            """
        }
        var condition: SQL = "NOT \(isStaged(kindName, "external_id = \(name).external_id"))"
        for protection in Protection.all(of: self) where marks.contains(protection.mark) {
            condition = condition + " AND NOT " + isStaged(protection.kind, protection.covers)
        }
        return "(\(condition))"
    }

    /// The ids of the rows that are noted as gone.
    var gone: SQL {
        "(SELECT entity_id FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 AND kind = \(goneKind))"
    }

    /// The keys of the rows that meet a condition.
    func keys(_ condition: SQL) -> SQL { "SELECT \(name).id AS key FROM \(name) WHERE \(condition)" }

    /// Which rows go.
    var isGone: SQL { "\(name).workspace_id = $1 AND \(name).id IN \(gone)" }

    /// The rows of the table that a part is about; of the whole, those that meet a condition.
    func rows(_ part: ApplyPart, or condition: SQL) -> SQL {
        "\(part.aside("\(name).workspace_id")) = $1 AND \(part.has("\(name).id", or: condition))"
    }

    /// Writes down which rows go.
    func logGone(_ part: ApplyPart, _ condition: SQL) -> SQL { log("deleted", part, condition) }

    /// Writes down a change of the rows that meet a condition.
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
        FROM sync_runs AS run JOIN sync_staged AS staged ON staged.workspace_id = run.workspace_id
            AND staged.sync_run_id = run.id AND staged.kind = \(kindName) AND staged.fingerprint <> ''\(source)
        """
    }

    /// The staged records that say something new, but for those that are written already.
    var changedKeys: SQL {
        """
        SELECT staged.external_id AS key FROM sync_staged AS staged
        WHERE staged.workspace_id = $1 AND staged.sync_run_id = $2 AND staged.kind = \(kindName)
            AND staged.fingerprint <> '' AND NOT EXISTS (
                SELECT 1 FROM \(name) WHERE \(name).integration_id = \(Self.integration)
                    AND \(name).external_id = staged.external_id AND \(name).sync_fingerprint = staged.fingerprint)
        """
    }

    /// Writes down which rows are new, and which change.
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

    /// Makes rows of the staged records.
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

/// A member of the staged record as text.
func text(_ name: SQL) -> SQL { "staged.record ->> '\(name)'" }
/// The same as a truth value.
func flag(_ name: SQL) -> SQL { "CAST(staged.record ->> '\(name)' AS boolean)" }
/// The same as a moment.
func moment(_ name: SQL) -> SQL { "moment(staged.record ->> '\(name)')" }
/// The same as JSON.
func json(_ name: SQL) -> SQL { "staged.record -> '\(name)'" }
