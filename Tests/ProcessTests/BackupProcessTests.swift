import Base
import Foundation
import Store
import TestSupport
import Testing

/// Backups, restores and copies of databases, also if they are interrupted or have no room.
@Suite(.usesStore) struct BackupProcessTests {
    private let store: TestStore
    private let folder: TemporaryFolder

    init() throws {
        store = try TestStore(on: .sqlite)
        folder = try TemporaryFolder()
    }

    private func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Makes the database larger, so that a backup takes a while.
    private func enlarge(megabytes: Int) throws {
        for _ in 0..<megabytes {
            try store.database.execute(
                "INSERT INTO session_key_sets (issuer, key_set, fetched_at) VALUES ($1, $2, $3)",
                Identifier.random(), String(repeating: "x", count: 1 << 20), TestStore.now)
        }
    }

    @Test("A backup that is killed leaves no file of the final name, and the next one succeeds")
    func killed() throws {
        try enlarge(megabytes: 40)
        let file = folder.path("store.backup")
        let arguments = ["backup", file, "--database", store.url]
        var kills = 0
        for _ in 0..<20 {
            let process = try TestProcess(
                BuiltProducts.program("local-runner"), arguments, log: folder.path("log"))
            #expect(poll { FileManager.default.fileExists(atPath: file + ".partial") || !process.isRunning })
            process.send(SIGKILL)
            guard process.waitForEnd() == 128 + SIGKILL else { continue }
            kills += 1
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        #expect(kills > 0)
        let process = try TestProcess(BuiltProducts.program("local-runner"), arguments, log: folder.path("log"))
        #expect(process.waitForEnd(seconds: 60) == 0, "\(folder.read("log"))")
        #expect(names(folder.path).sorted() == ["log", "store.backup"])
        let path = folder.path("restored.db")
        let restoring = try TestProcess(
            BuiltProducts.program("local-runner"), ["restore", file, "--database", "sqlite:" + path],
            log: folder.path("log"))
        #expect(restoring.waitForEnd(seconds: 60) == 0, "\(folder.read("log"))")
    }

    /// Runs a script while the folder `disk` in `folder` is a small file system; returns the script's output.
    private func onASmallDisk(kilobytes: Int, _ script: String, _ arguments: [String]) throws -> String {
        try FileManager.default.createDirectory(atPath: folder.path("disk"), withIntermediateDirectories: true)
        try folder.write(
            "script", "mount -t tmpfs -o size=\(kilobytes)k tmpfs \"\(folder.path("disk"))\"\n" + script)
        let user = geteuid() == 0 ? "" : "--map-root-user"
        return try Shell.run(
            #"unshare $1 --mount bash "${@:2}""#, [user, folder.path("script")] + arguments, seconds: 60)
    }

    @Test("On a full disk a backup fails with status 1, says so, and leaves no file") func fullDisk() throws {
        try enlarge(megabytes: 2)
        let report = try onASmallDisk(
            kilobytes: 1_024,
            """
            status=0
            "$1" backup "$2/new" --database "$3" 2>"$2.errors" || status=$?
            echo "$status $(ls -A "$2" | wc -l)"
            cat "$2.errors"
            """, [BuiltProducts.program("local-runner"), folder.path("disk"), store.url])
        #expect(report.hasPrefix("1 0\nlocal-runner backup: "), "\(report)")
        #expect(report.contains("can't be written") && report.contains("Make room"), "\(report)")
    }

    /// The commands are those of OPERATING.md.
    @Test(
        "A PostgreSQL database is dumped, restored and verified by the documented commands",
        .enabled(if: TestStore.Engine.ofThisRun == .postgreSQL))
    func postgreSQL() throws {
        let store = try TestStore(filled: true)
        let empty = try EmptyDatabase()
        let rows = try StoredRows(store.database)
        try folder.write("url", empty.url)
        try Shell.run(
            """
            bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/pg_dump | sort -V | tail -n 1)")
            "$bin/pg_dump" --format custom --schema thalian --file "$3" "$1"
            "$bin/pg_restore" --exit-on-error --single-transaction --dbname "$2" "$3"
            "$4" copy-store --from "file:$5" --to "sqlite:$6"
            """,
            [
                store.url, empty.url, folder.path("thalian.dump"), BuiltProducts.program("local-runner"),
                folder.path("url"), folder.path("verify.db"),
            ])
        let restored = empty.connect()
        #expect(try restored.schemaState() == .current && restored.canWrite())
        for id in [store.own.id, store.other.id] {
            #expect(try StoredRows(restored)[id] == rows[id])
            #expect(try AuditLog(restored, workspaceID: id).verify() > 0)
        }
    }

    @Test("copy-store does not copy into a file of another user", .enabled(if: geteuid() == 0))
    func foreignCopy() throws {
        try folder.write("copy.db", "")
        #expect(chown(folder.path("copy.db"), 65_534, 65_534) == 0)
        let process = try TestProcess(
            BuiltProducts.program("local-runner"),
            ["copy-store", "--from", store.url, "--to", "sqlite:" + folder.path("copy.db")], log: folder.path("log"))
        #expect(process.waitForEnd(seconds: 60) == 1)
        #expect(folder.read("log").contains("belongs to another user"), "\(folder.read("log"))")
        #expect(folder.read("copy.db").isEmpty)
    }

    @Test("If there is no room to restore, the database stays as it is") func noRoomToRestore() throws {
        let backup = folder.path("store.backup")
        try enlarge(megabytes: 2)
        _ = try SQLiteBackup(of: store.path).write(to: backup)
        store.database.close()
        let report = try onASmallDisk(
            kilobytes: 4_096,
            """
            cp "$3" "$2/store.db"
            before=$(sha256sum <"$2/store.db") status=0
            "$1" restore "$4" --replace --database "sqlite:$2/store.db" 2>"$2.errors" || status=$?
            [[ $(sha256sum <"$2/store.db") == "$before" ]] && echo "$status $(ls -A "$2")"
            cat "$2.errors"
            """, [BuiltProducts.program("local-runner"), folder.path("disk"), store.path, backup])
        #expect(report.hasPrefix("1 store.db\nlocal-runner restore: "), "\(report)")
        #expect(report.contains("No space left"))
    }
}
