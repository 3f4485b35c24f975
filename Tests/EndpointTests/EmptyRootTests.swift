import Base
import Foundation
import TestSupport
import Testing

/// Runs the functions and the local runner of a release build in a root directory that contains no other program,
/// library, device or /proc.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"), .usesStore)
struct EmptyRootTests {
    /// A function, an event for it, and the status of its answer.
    struct Example: CustomTestStringConvertible, Sendable {
        let function: String
        let event: @Sendable (TestStore) -> JSON
        let status: Int

        var testDescription: String { function }

        /// Makes an example of an operation, with credentials that have the permission.
        init(_ operation: Operation) {
            function = operation.program
            status = operation.answer
            event = { operation.callNow($0).event }
        }

        init(_ function: String, _ status: Int, _ call: @escaping @Sendable (TestStore) -> Call) {
            (self.function, self.status) = (function, status)
            event = { call($0).event }
        }

        init(scheduled function: String) {
            (self.function, status) = (function, 200)
            event = { _ in
                [
                    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
                    "time": .string(Timestamp.now.description), "detail": [:],
                ]
            }
        }
    }

    static let examples =
        Operation.all.map { Example($0) } + [
            Example("api-health", 200) { _ in Call() }, Example("api-openapi", 503) { _ in Call() },
            Example("api-stripe-webhook", 503) { _ in Call("POST", body: [:]) },
            Example("api-mcp", 200) { MCPTest.call(MCPTest.message("tools/list"), key: $0.own.readKey) },
            Example(scheduled: "scheduled-housekeeping"), Example(scheduled: "scheduled-jobs"),
            Example(scheduled: "scheduled-sync"), Example(scheduled: "scheduled-session-keys"),
        ]

    /// Serves an empty key set as the issuer of session tokens.
    private static let issuer = try? FakeProvider { _ in .json(["keys": []]) }

    @Test("A function answers in an empty root directory", arguments: examples)
    func answers(_ example: Example) throws {
        let store = try TestStore(filled: true)
        let root = try EmptyRoot(program: BuiltProducts.program(example.function))
        var url = store.url
        if TestStore.Engine.ofThisRun == .sqlite {
            store.database.close()
            try root.add(databaseFilesOf: store)
            url = "sqlite:/store.db"
        }
        let variables = store.variables(["DATABASE_URL": url, "UPSTREAM_SUPABASE": try #require(Self.issuer).url])
        let done = try root.run(variables, input: JSONWriter.bytes(example.event(store)))
        let answer = try? JSON(parsing: done.output)
        #expect(done.status == 0 && answer?["statusCode"]?.integer == example.status, "\(done.text)")
    }

    @Test("There is an example for every function of the configuration")
    func examplesAreComplete() throws {
        let file = BuiltProducts.project + "/wrangler-like.json"
        let configuration = try JSON(parsing: Array(Data(contentsOf: URL(filePath: file))))
        let names = (configuration["functions"]?.array ?? []).compactMap { $0["function"]?.string }
        #expect(names.count >= 28)
        #expect(Set(names) == Set(Self.examples.map(\.function)))
    }

    @Test("Every executable of the build is statically linked")
    func executablesAreStatic() throws {
        let folder = BuiltProducts.program("")
        let kinds = try Shell.run(#"find "$1" -maxdepth 1 -type f -executable -exec file -b {} + "#, [folder])
            .split(separator: "\n")
        #expect(kinds.count >= 31)
        for kind in kinds { #expect(kind.contains("ELF 64-bit") && kind.contains("statically linked"), "\(kind)") }
    }

    @Test(
        "--version prints the contained libraries in an empty root directory",
        arguments: ["api-health", "api-sync-integration", "scheduled-jobs", "local-runner"])
    func versions(_ name: String) throws {
        let done = try EmptyRoot(program: BuiltProducts.program(name)).run([:], arguments: ["--version"])
        let lines = done.text.split(separator: "\n")
        #expect(done.status == 0)
        var libraries: Set = ["Swift", "glibc", "libstdc++", "OpenSSL", "SQLite"]
        // The runner compresses packages, and its verb mcp calls servers.
        if ["api-sync-integration", "scheduled-jobs", "local-runner"].contains(name) {
            libraries.formUnion(["libcurl", "zlib"])
        }
        if TestStore.Engine.ofThisRun == .postgreSQL { libraries.insert("libpq") }
        #expect(Set(lines.map { String($0.prefix { $0 != " " }) }) == libraries, "\(done.text)")
        for line in lines { #expect(line.contains(#/ \(package [^ ]+\)$/#), "\(line)") }
    }
}
