import Base
import Store

/// The database of a verb that needs nothing else.
///
/// It is the one that --database names; otherwise that of the variable DATABASE_URL, unless options say which
/// configuration is meant; otherwise that of the configuration.
struct DatabaseSource {
    /// The URL without password and parameters, for people.
    let name: String
    private let url: Secret
    /// The folder of the configuration's SQLite file, which is made with it. Nil for a database that was named.
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

    private init(_ url: Secret) {
        self.url = url
        name = url.reveal { Self.name(of: $0) }
    }

    /// A URL without what may be secret.
    static func name(of url: String) -> String {
        guard !url.hasPrefix("sqlite:") else { return url }
        let address = String(url.prefix { $0 != "?" })
        guard let (scheme, rest) = address.cut(at: ":"), rest.hasPrefix("//") else { return "a database" }
        let authority = rest.dropFirst(2)
        guard let (user, host) = authority.cut(atLast: "@") else { return "\(scheme)://\(authority)" }
        return "\(scheme)://\(user.prefix { $0 != ":" })@\(host)"
    }

    /// Opens the database. With `migrates` it is made if it is missing, and its schema brought up to date.
    ///
    /// - Throws: `Failure` if this build does not know the engine, if there is no database, or if this build can't
    ///   serve its schema.
    func open(migrates: Bool = false) throws -> any Database {
        guard let place = url.reveal({ DatabaseURL($0) }) else {
            throw Failure(
                "\(name) is on no engine that this build knows; write sqlite:PATH, or use a build with PostgreSQL "
                    + "(local-runner/dev --build-only --postgresql)")
        }
        guard migrates || place.exists else {
            throw Failure("there is no database at \(name); make it with local-runner migrate")
        }
        if migrates, let folder { try File.makeFolder(folder, mode: 0o700) }
        let database = place.database(creates: migrates)
        try explained {
            if migrates { try database.migrate() }
            if let problem = try database.schemaState().problem { throw Failure("\(name) \(problem)") }
        }
        return database
    }

    /// The path of the SQLite file, which need not exist.
    ///
    /// - Throws: `Failure` if the database is on a server.
    func sqliteFile() throws -> String {
        guard let file = url.reveal({ DatabaseURL($0)?.file }) else {
            throw Failure(
                "\(name) is not a SQLite file; use the server's own tools, such as pg_dump and pg_restore")
        }
        if let folder { try File.makeFolder(folder, mode: 0o700) }
        return file
    }

    /// Runs `body`, and says of an error of the database where it happened and what to do.
    func explained<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw Failure("\(error) (\(name)); \(Self.advice(error))")
        }
    }

    private static func advice(_ error: StoreError) -> String {
        switch error {
        case .unreachable:
            "nothing was changed; check that the server runs, that the URL is right and that this user may connect"
        case .unwritable: "nothing was changed; make room on its disk, or let it be written again"
        case .damaged: "nothing was changed; restore it from a backup"
        case .constraint, .failed, .unexpectedValue: "nothing was changed"
        }
    }
}
