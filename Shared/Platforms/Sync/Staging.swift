import Auth
import Base
import Connectors
import Integrations
import Store

extension Workspace {
    /// Saves a page's records and protections together with the position of the next page. A page that comes twice adds
    /// no records. Records that are in the inventory unchanged are saved without content, so that applying the sync
    /// reads only changed ones; events and links always have their content.
    ///
    /// - Throws: `ConnectorError` if the sync has brought more than `quota` allows; `SyncInterruption.lost` if another
    ///   process has taken the sync over.
    func stage(
        _ entries: PageEntries, in run: inout SyncRun, within quota: SyncQuota, on platform: Platform, now: Timestamp
    ) throws {
        var byKey: [String: StagedRecord] = [:]
        for record in entries.records {
            for staged in StagedRecord.records(of: record, on: platform, now: now) {
                byKey[staged.kind.rawValue + " " + staged.externalID] = staged
            }
        }
        try run.position.usage.add(byKey.values, within: quota)
        let known = try knownFingerprints(of: byKey.values, in: run)
        let records = byKey.map { key, staged -> StagedRow in
            let isKnown = known[key].map { $0 == staged.fingerprint } ?? false
            return [
                staged.kind.rawValue, staged.externalID, Identifier.random(), isKnown ? "{}" : staged.record,
                isKnown ? "" : staged.fingerprint,
            ]
        }
        let protections = Protection.staged(by: entries).map { protection, id -> StagedRow in
            [protection.kind.rawValue, protection.scope.rawValue, StagedRecord.storable(id)]
        }
        try withWriteLock {
            try save(run)
            try insert(records[...], .records, in: run)
            try insert(protections[...], .protected, in: run)
        }
    }

    /// Inserts rows in the open transaction.
    private func insert(_ rows: ArraySlice<StagedRow>, _ insertion: Insertion, in run: SyncRun) throws {
        var rest = rows
        for statement in insertion.statements {
            while rest.count >= statement.rows {
                let values: [any SQLParameter] = [run.id] + rest.prefix(statement.rows).joined()
                try forEachRow(statement.sql, values) { _ in }
                rest = rest.dropFirst(statement.rows)
            }
        }
    }

    /// Notes the rows of a table that count as gone (`InventoryTable.unseen`). Repeating the call changes nothing.
    /// Finding the rows takes long in a large inventory, but other processes can write in that time.
    func noteGone(_ table: InventoryTable, _ protections: Set<Protection>, in run: SyncRun) throws {
        let gone = try rows(table.unseen(run.position.lists, protections), run.id) { row -> StagedRow in
            [table.kind.rawValue, try row[0] as Identifier]
        }
        var rest = gone[...]
        while !rest.isEmpty {
            try withWriteLock {
                try save(run)
                try insert(rest.prefix(StagingStatement.most), .gone, in: run)
            }
            rest = rest.dropFirst(StagingStatement.most)
            if !rest.isEmpty { letOthersWrite() }
        }
    }

    /// Returns the protections that a sync has staged, so that no others are searched for.
    func stagedProtections(of runID: Identifier) throws -> Set<Protection> {
        Set(
            try rows(
                "SELECT DISTINCT kind, scope FROM sync_protected WHERE workspace_id = $1 AND sync_run_id = $2", runID
            ) { row in
                guard let kind = StagedRecord.Kind(rawValue: try row[0]) else {
                    throw StoreError.unexpectedValue(column: 0)
                }
                guard let scope = Protection.Scope(rawValue: try row[1]) else {
                    throw StoreError.unexpectedValue(column: 1)
                }
                return Protection(kind: kind, scope: scope)
            })
    }

    /// Returns the fingerprints of records that the inventory has, by kind and id.
    private func knownFingerprints(
        of records: some Sequence<StagedRecord>, in run: SyncRun
    ) throws -> [String: String] {
        var fingerprints: [String: String] = [:]
        for (kind, records) in Dictionary(grouping: records, by: \.kind) {
            guard let select = StagingStatement.fingerprints[kind] else { continue }
            var rest = records[...]
            while let last = rest.last {
                // The batch is filled up to a fixed size, so that all batches use the same statement.
                var ids = rest.prefix(StagingStatement.batch).map(\.externalID)
                ids += Array(repeating: last.externalID, count: StagingStatement.batch - ids.count)
                let values: [any SQLParameter] = [run.integrationID] + ids
                try forEachRow(select, values) { row in
                    guard let fingerprint = try row[1] as String? else { return }
                    fingerprints[kind.rawValue + " " + (try row[0])] = fingerprint
                }
                rest = rest.dropFirst(StagingStatement.batch)
            }
        }
        return fingerprints
    }

    /// Returns the number of records of each kind that a sync has staged.
    func stagedCounts(of runID: Identifier) throws -> [StagedRecord.Kind: Int] {
        let counts = try rows(
            """
            SELECT kind, count(*) FROM sync_records WHERE workspace_id = $1 AND sync_run_id = $2 GROUP BY kind
            """, runID
        ) { row in (kind: StagedRecord.Kind(rawValue: try row[0]), count: try row[1] as Int) }
        return Dictionary(counts.compactMap { pair in pair.kind.map { ($0, pair.count) } }) { $1 }
    }
}

/// The values of a row, after the workspace and the sync.
private typealias StagedRow = [any SQLParameter]

/// The statements that insert rows into one of the tables of a sync.
private struct Insertion {
    static let records = Insertion(
        into: "sync_records", ["kind", "external_id", "entity_id", "record", "fingerprint"],
        onConflict: """
            (sync_run_id, kind, external_id) DO UPDATE SET
                record = excluded.record, fingerprint = excluded.fingerprint
            """)
    static let gone = Insertion(into: "sync_gone", ["kind", "entity_id"], onConflict: "DO NOTHING")
    static let protected = Insertion(
        into: "sync_protected", ["kind", "scope", "external_id"], onConflict: "DO NOTHING")

    /// The statements by number of rows, largest first.
    let statements: [(rows: Int, sql: SQL)]

    private init(into table: SQL, _ columns: [SQL], onConflict resolution: SQL) {
        statements = [StagingStatement.batch, 10, 1].map { rows in
            let values = (0..<rows).map { row -> SQL in
                "($1, $2, \(.list(columns.indices.map { .placeholder(3 + row * columns.count + $0) })))"
            }
            return (
                rows,
                """
                INSERT INTO \(table) (workspace_id, sync_run_id, \(.list(columns))) VALUES \(.list(values))
                ON CONFLICT \(resolution)
                """
            )
        }
    }
}

/// The statements that look up the fingerprints of records. Each is a round trip to the database, so it handles many
/// records.
private enum StagingStatement {
    static let batch = 50
    /// The largest number of rows that one transaction notes as gone.
    static let most = 1_000
    /// The query for the fingerprints of a batch of records, by kind.
    static let fingerprints = Dictionary(
        uniqueKeysWithValues: InventoryTable.all.map { table -> (StagedRecord.Kind, SQL) in
            let ids = SQL.list((0..<batch).map { .placeholder(3 + $0) })
            let sql: SQL = """
                SELECT external_id, sync_fingerprint FROM \(table.name)
                WHERE workspace_id = $1 AND integration_id = $2 AND external_id IN (\(ids))
                """
            return (table.kind, sql)
        })
}
