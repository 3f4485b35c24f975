import Base
import Store

/// The database that a verb works on: the one in --database; or else, if no option names a configuration, the one in
/// the variable DATABASE_URL; or else the configuration's.
struct DatabaseSource {
    /// The URL without its password and parameters, for messages.
    let name: String
    private let url: Secret
    /// The folder for local state, if the URL comes from the configuration. It is created before a database is created
    /// in it. Nil for other URLs.
    private var folder: String?

    init(_ arguments: Arguments) throws {
        if let text = arguments["--database"] {
            self.init(try DatabaseArgument.url(text, of: "--database"))
            return
        }
        let namesConfiguration = ["--config", "--env", "--persist-to"].contains { arguments.has($0) }
        if !namesConfiguration, let text = Environment.process["DATABASE_URL"] {
            self.init(Secret(text))
            return
        }
        guard namesConfiguration || Configuration.find() != nil else {
            throw UsageError(
                "name the database with --database URL or in the variable DATABASE_URL; "
                    + "there is no \(Configuration.fileName) here or above")
        }
        let project = try Project(arguments)
        let configuration = try project.configuration()
        guard let url = configuration.variables["DATABASE_URL"] else {
            throw Failure("the configuration has no DATABASE_URL; name the database with --database URL")
        }
        self.init(url)
        folder = project.stateFolder
    }

    /// Creates the source for the database at a URL.
    init(_ url: Secret) {
        self.url = url
        name = url.reveal { Self.name(of: $0) }
    }

    /// Returns a URL of a server without its password and parameters, and one of a SQLite file unchanged. If it is not
    /// certain which part is the password, returns only `this database`: an @, a / or a ? of a password that is not
    /// percent-encoded ends the password too early.
    static func name(of url: String) -> String {
        guard !url.hasPrefix("sqlite:") else { return url }
        let unknown = "this database"
        guard let (scheme, rest) = url.cut(at: ":"), rest.hasPrefix("//") else { return unknown }
        let address = rest.dropFirst(2)
        let authority = address.prefix { $0 != "/" && $0 != "?" }
        let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, address.count(where: { $0 == "@" }) == parts.count - 1, let hosts = parts.last,
            hosts.split(separator: ",").allSatisfy(hasNumericPort)
        else { return unknown }
        let user = parts.count == 2 ? String(authority.prefix { $0 != ":" && $0 != "@" }) + "@" : ""
        return "\(scheme)://\(user)\(hosts)\(address.dropFirst(authority.count).prefix { $0 != "?" })"
    }

    private static func isServer(_ url: String) -> Bool {
        url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
    }

    /// Returns the reason why a URL is not that of a database that this build can use, and what to do.
    static func problem(ofUnusable url: Secret) -> String {
        url.reveal(isServer)
            ? "this build can't use PostgreSQL; local-runner/dev --build-only --postgresql makes one that can"
            : "the URL of a database begins with sqlite: or postgres://; write sqlite:PATH for a file"
    }

    /// Returns true for `HOST` and `HOST:DIGITS`, where HOST may be an IPv6 address in brackets.
    private static func hasNumericPort(_ host: Substring) -> Bool {
        let behind = host.hasPrefix("[") ? host.drop { $0 != "]" }.dropFirst() : host[...]
        return behind.cut(at: ":")?.behind.allSatisfy { ("0"..."9").contains($0) } ?? true
    }

    /// Opens the database.
    ///
    /// - Throws: `Failure` if this build does not know the engine, if there is no database, or if this build can't
    ///   serve its schema.
    func open() throws -> any Database {
        let place = try place()
        guard place.exists else {
            throw Failure("there is no database at \(name); local-runner migrate creates it")
        }
        let database = place.database()
        try explained { try check(database) }
        return database
    }

    /// Brings the schema of the database up to date. Creates a SQLite file if it is missing. Returns the state of the
    /// schema before.
    ///
    /// - Throws: `Failure` if this build does not know the engine, or if it can't serve the schema, which is newer.
    func migrate() throws -> SchemaState {
        let place = try place()
        if let folder { try File.makeFolder(folder, mode: 0o700) }
        let database = place.database(creates: true)
        defer { database.close() }
        return try explained {
            let before = try database.schemaState()
            try database.migrate()
            try check(database)
            return before
        }
    }

    private func place() throws(Failure) -> DatabaseURL {
        guard let place = url.reveal({ DatabaseURL($0) }) else { throw Failure(Self.problem(ofUnusable: url)) }
        return place
    }

    /// Throws a `Failure` if this build can't serve the schema.
    private func check(_ database: any Database) throws {
        if let problem = try database.schemaState().problem { throw Failure("\(name) \(problem)") }
    }

    /// Returns the path of the SQLite file, which need not exist. Makes the folder of the local state if it is missing.
    ///
    /// - Throws: `Failure` if the database is on a server or the URL can't be read.
    func sqliteFile() throws -> String {
        guard let file = url.reveal({ DatabaseURL($0)?.file }) else {
            throw Failure(
                url.reveal(Self.isServer)
                    ? "\(name) is not a SQLite file; use the server's own tools, such as pg_dump and pg_restore"
                    : Self.problem(ofUnusable: url))
        }
        if let folder { try File.makeFolder(folder, mode: 0o700) }
        return file
    }

    /// Runs `body`. Converts an error of the database into one that says where it happened and what to do.
    func explained<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            // Messages of the server can have several lines.
            let text = "\(error)".split(whereSeparator: \.isWhitespace).joined(separator: " ")
            throw Failure("\(text) (\(name)); \(advice(error))")
        }
    }

    private func advice(_ error: StoreError) -> String {
        switch error {
        case .unreachable where name.hasPrefix("sqlite:"):
            "nothing was changed; check the path, that this user may use the file, and that no other process locks it"
        case .unreachable:
            "nothing was changed; check that the server runs, that the URL is right and that this user may connect"
        case .unwritable: "nothing was changed; free space on its disk, or make it writable for this user"
        case .damaged: "nothing was changed; restore it from a backup"
        case .constraint, .failed, .unexpectedValue: "nothing was changed"
        }
    }
}
