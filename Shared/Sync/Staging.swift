import Auth
import Base
import Connectors
import Store

extension Workspace {
    /// Keeps a page's records and the place of the next page, both or neither. A page that comes twice changes nothing.
    func stage(_ records: [SyncRecord], in run: SyncRun, on platform: Platform, now: Timestamp) throws {
        var byKey: [String: StagedRecord] = [:]
        for record in records {
            for staged in StagedRecord.records(of: record, on: platform, now: now) {
                byKey[staged.kind.rawValue + " " + staged.externalID] = staged
            }
        }
        let all = Array(byKey.values)
        try exclusively {
            try save(run)
            var rest = all[...]
            while !rest.isEmpty {
                let count = rest.count >= StagingStatement.batch ? StagingStatement.batch : 1
                var values: [any SQLParameter] = [run.id]
                for staged in rest.prefix(count) {
                    values += [
                        staged.kind.rawValue, staged.externalID, Identifier.random(), staged.record, staged.fingerprint,
                    ]
                }
                try forEachRow(count == 1 ? StagingStatement.one : StagingStatement.many, values) { _ in }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// How many records of each kind a sync has staged.
    func stagedCounts(of runID: Identifier) throws -> [StagedRecord.Kind: Int] {
        let counts = try rows(
            """
            SELECT kind, count(*) FROM sync_staged WHERE workspace_id = $1 AND sync_run_id = $2 GROUP BY kind
            """, runID
        ) { row in (kind: StagedRecord.Kind(rawValue: try row[0]), count: try row[1] as Int) }
        return Dictionary(counts.compactMap { pair in pair.kind.map { ($0, pair.count) } }) { $1 }
    }
}

/// The statements that keep records: many at once, since each is a round trip.
private enum StagingStatement {
    static let batch = 50
    static let one = insert(1)
    static let many = insert(batch)

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
