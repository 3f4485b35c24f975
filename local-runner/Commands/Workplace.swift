import Base
import CSystem
import Glibc
import Store

/// A failure that a sentence explains.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Where a verb works: the configuration, the local state, the functions' binaries.
struct Workplace {
    let configurationFile: String
    /// The folder of the configuration file.
    let root: String
    let environment: String?
    /// The folder of the database and of dev.json.
    let stateFolder: String
    /// The database to work on in place of the configuration's.
    private let databaseURL: Secret?

    /// Takes --config, --env, --persist-to and --database. Paths become absolute, since processes of functions read them.
    init(_ arguments: Arguments) throws {
        guard let file = arguments["--config"] ?? Configuration.find() else {
            throw UsageError("no \(Configuration.fileName) here or above; name one with --config FILE")
        }
        configurationFile = File.absolute(file)
        root = File.folder(of: configurationFile)
        environment = arguments["--env"]
        stateFolder = arguments["--persist-to"].map(File.absolute) ?? "\(root)/.local-runner"
        databaseURL = try arguments["--database"].map { try DatabaseArgument.url($0, of: "--database") }
    }

    /// dev.json, which tells scripts how to call a running server.
    var stateFile: String { "\(stateFolder)/dev.json" }

    /// The configuration, read and checked. Where secrets are needed, the first time makes them.
    func configuration(needsSecrets: Bool = false) throws -> Configuration {
        if needsSecrets { try makeSecrets() }
        var configuration = try Configuration.load(
            configurationFile, environment: environment,
            defaults: ["DATABASE_URL": "sqlite:\(stateFolder)/thalian.db"], needsSecrets: needsSecrets)
        if let databaseURL { configuration.set("DATABASE_URL", to: databaseURL) }
        return configuration
    }

    /// Makes .dev.vars where it is missing, with what the environment lacks: what stands in the file wins.
    private func makeSecrets() throws {
        let name = DevVars.fileName(environment: environment)
        let path = "\(root)/\(name)"
        let bytes = try File.read(configurationFile)
        let required = Configuration.requiredSecrets(bytes, environment: environment)
        let given = Configuration.processEnvironment
        let missing = required.filter { given[$0, default: ""].isEmpty }
        guard !File.exists(path), !missing.isEmpty else { return }
        try DevVars.create(path, secrets: missing)
        Terminal.complain("Made \(name) with random secrets for this machine.")
    }

    /// The database of the configuration, with its schema up to date; made if it is missing.
    func database(_ configuration: Configuration) throws -> any Database {
        let url = configuration.variables["DATABASE_URL"]?.reveal(DatabaseURL.init)
        guard let url = url ?? nil else {
            throw Failure(
                """
                DATABASE_URL names no database that this build knows; write sqlite:PATH, or have local-runner/dev \
                build for postgres://… by --database or --postgresql
                """)
        }
        try File.makeFolder(stateFolder, mode: 0o700)
        let database = url.database(creates: true)
        try database.migrate()
        return database
    }

    /// The folder of the functions' binaries: the runner's own, since one build makes them all.
    var functionsFolder: String {
        get throws {
            // Without /proc, by the path that the program was started by.
            let path = realpath("/proc/self/exe", nil) ?? csystem_executable().flatMap { realpath($0, nil) }
            guard let path else { throw FileError(path: "/proc/self/exe", code: errno) }
            defer { free(path) }
            return File.folder(of: String(cString: path))
        }
    }
}
