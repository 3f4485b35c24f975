import Base
import Foundation
import Store
import TestSupport
import Testing

/// A process that serves many requests on a full disk logs this once a minute, not once per request.
@Suite struct OutageLogTests {
    @Test("A full disk is logged once a minute for all processes of a function", arguments: [false, true])
    func onceAMinute(_ isolated: Bool) throws {
        let store = try TestStore(filled: true, on: .sqlite)
        store.database.close()
        let disk = store.folder.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        let script = """
            mount -t tmpfs -o size=8m tmpfs "$1" && cp "$2"/store.db* "$1"
            dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null
            exec "$3"
            """
        var variables = store.variables(["DATABASE_URL": "sqlite:" + disk + "/store.db", "PATH": "/usr/bin:/bin"])
        if isolated { variables["FUNCTION_DISPATCH"] = "isolated" }
        let listener = try LocalListener(.unix)
        let (errors, errorEnd) = try LocalConnection.pipe(seconds: 60)
        let user = geteuid() == 0 ? [] : ["--map-root-user"]
        let program = try Program(
            "/usr/bin/unshare",
            user + [
                "--mount", "/bin/sh", "-c", script, "sh", disk, store.folder.path,
                BuiltProducts.program("api-mcp-rules"),
            ], environment: variables, descriptors: [listener.number, -1, errorEnd])
        close(errorEnd)
        for _ in 0..<10 {
            let peer = FastCGIPeer(try listener.connect(seconds: 30))
            peer.request(1, Ask("GET", headers: ["Authorization": "Bearer " + store.own.readKey]).variables)
            #expect(try Answer(cgi: peer.readStream()).status == 200)
        }
        program.send(SIGTERM)
        #expect(program.waitForEnd() == 0)
        let lines = String(decoding: try errors.readToEnd(), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains("the database can't be written"), "\(lines)")
    }
}
