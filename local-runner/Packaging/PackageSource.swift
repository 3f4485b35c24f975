import Archive
import Base
import Glibc

/// The data from which packages are made: functions with their executables, variables, and secrets by name.
struct PackageSource {
    /// The configuration, with the values of "vars" and --var. No value comes from the machine on which a package is
    /// made.
    let configuration: Configuration
    /// The bytes of the configuration file.
    let configurationFile: [UInt8]
    /// The name of the environment, an entry of "env"; nil if none was chosen.
    let environment: String?
    /// The functions to be packaged.
    let functions: [FunctionConfiguration]
    /// True if --function chose a single function.
    let isSingle: Bool
    /// The variables of --var, sorted by name.
    let given: [(name: String, value: String)]
    /// The names of all secrets, required and optional, including DATABASE_URL.
    let secrets: Set<String>
    /// The names of the secrets that an installation must always give a value, whatever it serves.
    let required: Set<String>
    /// The names of the secrets that an installation may leave empty.
    let optional: Set<String>
    /// The secrets whose values this machine has. They must not get into a package.
    let known: [String: Secret]
    /// The processor of the local runner's executable, which the other executables must be for too.
    let machine: Executable.Machine
    /// The executable of the local runner, without what follows its last segment.
    let runner: [UInt8]
    /// The list of libraries in the executables (CycloneDX).
    let components: [UInt8]
    /// The OpenAPI document of all functions of the configuration, also if one of them is packaged alone.
    let openAPI: [UInt8]

    private let folder: String
    static let componentsFile = "components.cdx.json"

    /// Reads the configuration, the local runner's executable and the list of libraries, as the options say.
    ///
    /// - Throws: `UsageError`, `Failure`, `ConfigurationError` or `FileError`.
    init(_ arguments: Arguments) throws {
        let project = try Project(arguments)
        environment = project.environment
        configurationFile = try File.read(project.configurationFile)
        let given = try arguments.all("--var").map { text -> (name: String, value: String) in
            guard let (name, value) = text.cut(at: "=") else { throw UsageError("--var \(text): write NAME=VALUE") }
            return (String(name), String(value))
        }
        self.given = given.sorted { $0.name < $1.name }
        let names = Configuration.secretNames(configurationFile, environment: environment)
        required = Set(names.required).union(["DATABASE_URL"])
        optional = Set(names.optional)
        let secrets = required.union(optional)
        self.secrets = secrets
        for (name, _) in given where secrets.contains(name) {
            throw UsageError("--var \(name): is a secret, which does not belong on a command line or in a package")
        }
        let local = LocalValues(
            devVars: DevVars(values: Dictionary(given.map { ($0.name, Secret($0.value)) }) { $1 }),
            devVarsFile: "--var", defaults: ["DATABASE_URL": ""], needsSecrets: false)
        configuration = try ConfigurationReader.read(
            configurationFile, file: project.configurationFile, environment: environment, local: local)
        for (name, _) in given where configuration.variables[name] == nil {
            let known = configuration.variables.keys.sorted().filter { !secrets.contains($0) }
            throw UsageError("--var \(name) is unknown; \(NearestWord.advice(name, known))")
        }
        known = try Self.known(project, secrets)
        folder = try project.functionsFolder
        if let name = arguments["--function"] {
            let all = configuration.functions
            guard let function = all.first(where: { $0.function == name || $0.route == name }) else {
                throw UsageError("there is no function \(name); \(NearestWord.advice(name, all.map(\.function)))")
            }
            functions = [function]
        } else {
            functions = configuration.functions
        }
        isSingle = arguments["--function"] != nil
        let own = try Self.executable("local-runner", folder)
        machine = own.machine
        runner = own.stripped
        if let claim = try arguments.word("--architecture", of: Executable.Machine.allCases.map(\.rawValue)),
            claim != machine.rawValue
        {
            throw Failure(
                "the executables in \(folder) are for \(machine.rawValue), not for \(claim); build them on a machine "
                    + "with that processor")
        }
        guard let components = try File.readIfPresent("\(folder)/\(Self.componentsFile)") else {
            throw Failure(
                "\(folder)/\(Self.componentsFile) is missing, the list of the libraries in the executables; build with "
                    + "local-runner/dev --build-only")
        }
        self.components = components
        openAPI = try OpenAPIDocument(configuration, folder: folder).bytes
    }

    /// The name of the product's files and services, such as `thalian`.
    var name: String { configuration.name }

    /// Reads the executable of a function, without what follows its last segment.
    ///
    /// - Throws: `Failure` if it is missing, not a static executable, or for another processor than this program.
    func executable(_ function: String) throws -> [UInt8] {
        let executable = try Self.executable(function, folder)
        guard executable.machine == machine else {
            throw Failure(
                "\(folder)/\(function) is for \(executable.machine.rawValue), and local-runner for \(machine.rawValue); "
                    + "build all of them together with local-runner/dev --build-only")
        }
        return executable.stripped
    }

    private static func executable(_ name: String, _ folder: String) throws -> Executable {
        let path = "\(folder)/\(name)"
        guard let bytes = try File.readIfPresent(path) else {
            throw Failure("\(path) is missing; build it with local-runner/dev --build-only")
        }
        do throws(Executable.Refusal) { return try Executable(bytes) } catch { throw Failure("\(path) \(error)") }
    }

    /// The list of libraries as a file of a package.
    var componentsArchiveFile: ArchiveFile { ArchiveFile(Self.componentsFile, components) }

    /// The OpenAPI document as a file of a package. The functions that read it look for it next to their executable.
    var openAPIArchiveFile: ArchiveFile { ArchiveFile(OpenAPIDocument.fileName, openAPI) }

    /// Returns the cron expressions of a function's triggers.
    func crons(of function: FunctionConfiguration) -> [CronExpression] {
        configuration.crons.filter { $0.function == function.function }.map(\.cron)
    }

    // MARK: Variables

    /// Returns the variables of a function that have values and are not secrets. A package is for production, so the
    /// value "development" of ENVIRONMENT, with which providers may be replaced, becomes "production". Throws `Failure`
    /// for a URL that only this machine reaches.
    func variables(of function: FunctionConfiguration) throws -> [(name: String, value: String)] {
        try function.environment.compactMap { name, value -> (name: String, value: String)? in
            let text = value.reveal { $0 }
            guard !secrets.contains(name), !text.isEmpty else { return nil }
            if name == "ENVIRONMENT", text == "development" { return (name, "production") }
            guard !VariableType.namesThisMachine(text) else {
                throw Failure(
                    "\(name) is \(text), which only this machine reaches; give the value for the target with "
                        + "--var \(name)=https://… or in \"env\" of \(Configuration.fileName)")
            }
            return (name, text)
        }.sorted { $0.name < $1.name }
    }

    /// Returns the names of the secrets in a function's environment, required and optional.
    func secrets(of function: FunctionConfiguration) -> [String] {
        function.environment.map(\.name).filter(secrets.contains).sorted()
    }

    /// The names of the secrets of all functions and of the local runner.
    var neededSecrets: [String] { required.union(functions.flatMap { secrets(of: $0) }).sorted() }

    /// Returns the secrets that this machine has: those of `names` in its environment or .dev.vars, and others in
    /// .dev.vars whose names are those of random secrets.
    private static func known(_ project: Project, _ names: Set<String>) throws -> [String: Secret] {
        let file = DevVars.fileName(environment: project.environment)
        var known = try DevVars.read("\(project.root)/\(file)").values.filter { !$0.key.hasPrefix("UPSTREAM_") }
        for name in names { if let value = Environment.process[name] { known[name] = Secret(value) } }
        return known.filter { names.contains($0.key) || DevVars.isGenerated($0.key) }
    }
}
