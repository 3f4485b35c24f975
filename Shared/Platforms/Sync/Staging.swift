import Auth
import Base
import Connectors
import Integrations
import Store

extension Workspace {
    /// Saves a page's records together with the position of the next page. A page that comes twice changes nothing.
    /// Records that are in the inventory unchanged are saved without content, so that applying the sync reads only
    /// changed ones.
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
        var all = byKey.map { key, staged in
            let isKnown = known[key].map { $0 == staged.fingerprint } ?? false
            return StagedRow(
                kind: staged.kind.rawValue, externalID: staged.externalID, record: isKnown ? "{}" : staged.record,
                fingerprint: isKnown ? "" : staged.fingerprint)
        }
        for case .account(let account) in entries.records
        where !account.unread.isDisjoint(with: [.email, .linkedEmails]) {
            all.append(
                StagedRow(
                    kind: Protection.mark(.record, .accountLink), externalID: StagedRecord.storable(account.externalID),
                    record: "{}", fingerprint: ""))
        }
        for protection in entries.kept.compactMap(\.staged) {
            all.append(
                StagedRow(
                    kind: protection.mark, externalID: StagedRecord.storable(protection.id), record: "{}",
                    fingerprint: ""))
        }
        try withWriteLock {
            try save(run)
            try insert(all[...], in: run)
        }
    }

    /// Inserts rows in the open transaction.
    private func insert(_ rows: ArraySlice<StagedRow>, in run: SyncRun) throws {
        var rest = rows
        for insert in StagingStatement.inserts {
            while rest.count >= insert.rows {
                var values: [any SQLParameter] = [run.id]
                for row in rest.prefix(insert.rows) {
                    values += [row.kind, row.externalID, row.entityID, row.record, row.fingerprint]
                }
                try forEachRow(insert.sql, values) { _ in }
                rest = rest.dropFirst(insert.rows)
            }
        }
    }

    /// Notes the rows of a table that the provider no longer shows. Repeating it changes nothing. Finding the rows
    /// takes long in a large inventory, but other processes can write in that time.
    func noteGone(_ table: InventoryTable, in run: SyncRun) throws {
        let gone = try rows(table.unseen(run.position.lists), run.id) { row in
            StagedRow(
                kind: InventoryTable.goneMark + table.kind.rawValue, externalID: try row[0], entityID: try row[1],
                record: "{}",
                fingerprint: "")
        }
        var rest = gone[...]
        while !rest.isEmpty {
            try withWriteLock {
                try save(run)
                try insert(rest.prefix(StagingStatement.most), in: run)
            }
            rest = rest.dropFirst(StagingStatement.most)
            if !rest.isEmpty { letOthersWrite() }
        }
    }

    /// Returns the stored fingerprints of records, by kind and id.
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
            SELECT kind, count(*) FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 GROUP BY kind
            """, runID
        ) { row in (kind: StagedRecord.Kind(rawValue: try row[0]), count: try row[1] as Int) }
        return Dictionary(counts.compactMap { pair in pair.kind.map { ($0, pair.count) } }) { $1 }
    }
}

private struct StagedRow {
    let kind: String
    let externalID: String
    var entityID = Identifier.random()
    let record: String
    let fingerprint: String
}

/// The statements that save and look up records. Each is a round trip to the database, so it handles many records.
private enum StagingStatement {
    static let batch = 50
    /// The largest number of rows in one transaction.
    static let most = 1_000
    /// The insert statements by number of rows, largest first.
    static let inserts = [batch, 10, 1].map { (rows: $0, sql: insert($0)) }
    /// The queries for the fingerprints of a batch of records.
    static let fingerprints = Dictionary(
        uniqueKeysWithValues: InventoryTable.all.map { table -> (StagedRecord.Kind, SQL) in
            let ids = SQL.list((0..<batch).map { .placeholder(3 + $0) })
            let sql: SQL = """
                SELECT external_id, sync_fingerprint FROM \(table.name)
                WHERE workspace_id = $1 AND integration_id = $2 AND external_id IN (\(ids))
                """
            return (table.kind, sql)
        })

    private static func insert(_ rows: Int) -> SQL {
        let values = (0..<rows).map { row -> SQL in
            "($1, $2, \(.list((0..<5).map { .placeholder(3 + row * 5 + $0) })))"
        }
        return """
            INSERT INTO sync_staged (workspace_id, sync_run_id, kind, external_id, entity_id, record, fingerprint)
            VALUES \(.list(values))
            ON CONFLICT (sync_run_id, kind, external_id) DO UPDATE SET
                record = excluded.record, fingerprint = excluded.fingerprint
            """
    }
}
