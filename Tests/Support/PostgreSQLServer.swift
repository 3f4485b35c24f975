#if PostgreSQL
    import Base
    import Foundation
    @_spi(Administration) import Store
    import Synchronization

    /// A PostgreSQL server. Each test gets its own database, a copy of a migrated one. If THALIAN_POSTGRESQL_POOL names
    /// a pooler, the tests connect through it.
    public final class PostgreSQLServer: Sendable {
        /// The server that all tests share: the one that THALIAN_POSTGRESQL names, or else one on this machine.
        public static let shared = PostgreSQLServer(
            url: ProcessInfo.processInfo.environment["THALIAN_POSTGRESQL"]
                ?? "postgres://postgres@127.0.0.1:5432/postgres"
        )

        private let url: String
        private let pool = ProcessInfo.processInfo.environment["THALIAN_POSTGRESQL_POOL"]
        private let template = Mutex<String?>(nil)

        /// Names a server by the URL of any of its databases.
        public init(url: String) { self.url = url }

        /// Makes a database that has the schema; returns its URL.
        func makeDatabase() throws -> String {
            let original = try template.withLock { template in
                if let template { return template }
                let name = Self.newName()
                try run("CREATE DATABASE \(name)")
                let database = PostgreSQLDatabase(url: Secret(Self.url(of: name, on: url)))
                try database.migrate()
                database.close()
                template = name
                return name
            }
            let name = Self.newName()
            try run("CREATE DATABASE \(name) TEMPLATE \(original) STRATEGY FILE_COPY")
            return Self.url(of: name, on: pool ?? url)
        }

        /// Makes an empty database; returns its URL.
        public func makeEmptyDatabase() throws -> String {
            let name = Self.newName()
            try run("CREATE DATABASE \(name)")
            return Self.url(of: name, on: pool ?? url)
        }

        /// Removes a database, even if it has connections.
        public func dropDatabase(_ url: String) {
            guard let name = url.split(separator: "/").last else { return }
            try? run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }

        private static func newName() -> String {
            "thalian_" + Identifier.random().description.filter { $0 != "-" }
        }

        private static func url(of name: String, on server: String) -> String {
            server[...(server.lastIndex(of: "/") ?? server.startIndex)] + name
        }

        private func run(_ statement: String) throws {
            let database = PostgreSQLDatabase(url: Secret(url))
            defer { database.close() }
            try database.script(statement)
        }
    }
#endif
