import Base
import Glibc
import Store

/// An error with a message for the user.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The files that a verb works with: the configuration, the local state and the functions' binaries.
struct Project {
    let configurationFile: String
    /// The folder that contains the configuration file.
    let root: String
    let environment: String?
    /// The folder that contains the local database and dev.json.
    let stateFolder: String
    /// The database of `--database`, which replaces the configuration's.
    private let databaseURL: Secret?

    /// Reads --config, --env, --persist-to and --database. Makes the paths of --config and --persist-to absolute,
    /// because processes of functions get the path of the local database.
    init(_ arguments: Arguments) throws {
        guard let file = arguments["--config"] ?? Configuration.find() else {
            throw UsageError("no \(Configuration.fileName) in this folder or above; name one with --config FILE")
        }
        configurationFile = File.absolute(file)
        root = File.folder(of: configurationFile)
        environment = arguments["--env"]
        stateFolder = arguments["--persist-to"].map(File.absolute) ?? "\(root)/.local-runner"
        databaseURL = try arguments["--database"].map { try DatabaseArgument.url($0, of: "--database") }
    }

    /// The path of dev.json, which tells scripts how to call a running server.
    var stateFile: String { "\(stateFolder)/dev.json" }

    /// Reads and checks the configuration. If secrets are needed, and neither the environment has all of them nor
    /// .dev.vars exists, creates .dev.vars first, unless `makesSecrets` is false.
    func configuration(needsSecrets: Bool = false, makesSecrets: Bool = true) throws -> Configuration {
        let made = needsSecrets && makesSecrets ? try makeSecrets() : []
        var configuration = try Configuration.load(
            configurationFile, environment: environment,
            defaults: ["DATABASE_URL": "sqlite:\(stateFolder)/thalian.db"], needsSecrets: needsSecrets)
        if let databaseURL { configuration.set("DATABASE_URL", to: databaseURL) }
        let file = configuration.databaseURL.reveal { DatabaseURL($0)?.file }
        if made.contains("CREDENTIALS_KEY"), let file, File.exists(file) {
            Terminal.printError(
                """
                \(file) existed before: what it contains encrypted with another CREDENTIALS_KEY can't be read. Put that \
                key into \(DevVars.fileName(environment: environment)) if you have it; otherwise connect the platforms again.
                """)
        }
        return configuration
    }

    /// True if this process's environment names the database, as it does in production. Then `work` and `check` use the
    /// configuration for production.
    static var isProduction: Bool {
        let given = Configuration.processEnvironment
        return ["DATABASE_URL", "DATABASE_URL" + Environment.fileSuffix].contains { !given[$0, default: ""].isEmpty }
    }

    /// Reads and checks the configuration for production. All required secrets must have values, unless `needsSecrets`
    /// is false. DATABASE_URL must have one in any case.
    func productionConfiguration(needsSecrets: Bool = true) throws -> Configuration {
        var configuration = try Configuration.loadForProduction(
            configurationFile, environment: environment, needsSecrets: needsSecrets)
        if let databaseURL { configuration.set("DATABASE_URL", to: databaseURL) }
        guard let url = configuration.variables["DATABASE_URL"], !url.reveal(\.isEmpty) else {
            throw Failure(
                "DATABASE_URL has no value; set it or DATABASE_URL_FILE in the environment, or name the database with "
                    + "--database URL")
        }
        guard url.reveal({ DatabaseURL($0) }) != nil else {
            throw Failure("DATABASE_URL: \(DatabaseSource.problem(ofUnusable: url))")
        }
        return configuration
    }

    /// The files that the configuration is read from.
    var watchedFiles: [String] { [configurationFile, "\(root)/\(DevVars.fileName(environment: environment))"] }

    /// Creates .dev.vars if it does not exist, with the required secrets that the environment lacks. Does nothing if
    /// the environment has all. Returns the names of the secrets in the new file.
    private func makeSecrets() throws -> [String] {
        let name = DevVars.fileName(environment: environment)
        let path = "\(root)/\(name)"
        let bytes = try File.read(configurationFile)
        let required = Configuration.secretNames(bytes, environment: environment).required
        let given = Configuration.processEnvironment
        let missing = required.filter { name in
            given[name, default: ""].isEmpty && given[name + Environment.fileSuffix, default: ""].isEmpty
        }
        guard !File.exists(path), !missing.isEmpty else { return [] }
        try DevVars.create(path, secrets: missing)
        Terminal.printError("Created \(name) with random secrets for this machine.")
        return missing
    }

    /// Opens the configuration's database and brings its schema up to date. Creates the file of a SQLite database if it
    /// is missing.
    func database(_ configuration: Configuration) throws -> any Database {
        let text = configuration.databaseURL
        guard let url = text.reveal({ DatabaseURL($0) }) else {
            throw Failure("DATABASE_URL: \(DatabaseSource.problem(ofUnusable: text))")
        }
        try File.makeFolder(stateFolder, mode: 0o700)
        let database = url.database(creates: true)
        try database.migrate()
        if let problem = try database.schemaState().problem { throw Failure("the database \(problem)") }
        return database
    }

    /// The folder of the functions' binaries. It is the folder of the running program, since one build makes all of
    /// them.
    var functionsFolder: String {
        get throws {
            guard let path = ProgramFolder.path else { throw FileError(path: "/proc/self/exe", code: errno) }
            return path
        }
    }
}
