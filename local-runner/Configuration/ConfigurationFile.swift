import Base
import Glibc

extension Configuration {
    /// The name of the configuration file.
    static let fileName = "wrangler-like.json"

    /// Reads the configuration at `path` for an environment, with the values of .dev.vars in the same folder and of
    /// this process's environment. Throws `FileError`, or `ConfigurationError` with all problems of one of the two
    /// files.
    static func load(
        _ path: String, environment: String?, defaults: [String: String], needsSecrets: Bool
    ) throws -> Configuration {
        let devVarsFile = DevVars.fileName(environment: environment)
        let local = LocalValues(
            devVars: try DevVars.read("\(File.folder(of: path))/\(devVarsFile)"), devVarsFile: devVarsFile,
            process: processEnvironment, defaults: defaults, needsSecrets: needsSecrets)
        return try ConfigurationReader.read(
            try File.read(path), file: path, environment: environment, local: local)
    }

    /// Reads the configuration at `path` for production: all values come from this process's environment or from files
    /// that it names with `_FILE`, or else from "vars". .dev.vars is not read. If secrets are needed, a required one
    /// without a value is a problem.
    static func loadForProduction(
        _ path: String, environment: String?, needsSecrets: Bool
    ) throws -> Configuration {
        let local = LocalValues(
            process: processEnvironment, defaults: ["DATABASE_URL": ""], needsSecrets: needsSecrets, isProduction: true)
        return try ConfigurationReader.read(
            try File.read(path), file: path, environment: environment, local: local)
    }

    /// Returns the path of the configuration file: the one that LOCAL_RUNNER_CONFIG names, or else the one in the
    /// current folder or the nearest one above it; nil if there is none.
    static func find() -> String? {
        if let path = Environment.process["LOCAL_RUNNER_CONFIG"] { return path }
        var folder = File.absolute(".")
        while true {
            let path = folder == "/" ? "/" + fileName : "\(folder)/\(fileName)"
            if File.exists(path) { return path }
            if folder == "/" { return nil }
            folder = File.folder(of: folder)
        }
    }

    /// Returns the names of the secrets that the configuration in `bytes` requires for an environment, and of those
    /// that it allows. Both lists are empty if it can't be parsed.
    static func secretNames(
        _ bytes: [UInt8], environment: String?
    ) -> (required: [String], optional: [String]) {
        let document = try? JSON(parsing: CommentedJSON.plain(bytes))
        let section = environment.map { document?["env"]?[$0]?["secrets"] } ?? document?["secrets"]
        func names(_ key: String) -> [String] { section?[key]?.array?.compactMap(\.string) ?? [] }
        return (names("required"), names("optional"))
    }

    /// The environment variables of this process.
    static var processEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }
}
