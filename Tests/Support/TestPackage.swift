import Foundation

/// A package that the local runner makes, in a folder that is removed with this object.
public final class TestPackage {
    /// The result of `local-runner package`.
    public struct Outcome {
        /// The exit status.
        public let status: Int32
        /// The standard output.
        public let output: String
        /// The standard error.
        public let errors: String
    }

    /// Options for a variable whose default value is valid only on this machine.
    public static let variables = ["--var", "SUPABASE_URL=https://project.supabase.example"]

    /// The functions in a test's package, unless the test names others: a few of each kind.
    public static let few: Set<String> = [
        "api-health", "api-export-audit-log", "api-mcp-findings", "api-mcp-risk-score", "scheduled-jobs",
        "scheduled-session-keys", "scheduled-sync",
    ]

    /// The folder of the configuration and of the package.
    public let folder: TemporaryFolder
    /// The path of the package.
    public let path: String
    /// The result of the command that made the package.
    public let outcome: Outcome

    /// Makes a package; `outcome` tells if the command failed. `functions` are the functions in the configuration; nil
    /// for all.
    public init(
        _ target: String, _ options: [String] = variables, functions: Set<String>? = few, devVars: String = "",
        runner: String = BuiltProducts.program("local-runner")
    ) throws {
        folder = try TemporaryFolder(.forAllUsers)
        path = folder.path("package")
        try Self.writeConfiguration(in: folder, functions)
        try folder.write(".dev.vars", devVars)
        outcome = try Self.make(
            ["--target", target, "--out", path, "--config", folder.path("wrangler-like.json")] + options, runner: runner
        )
    }

    /// Makes a package; throws if the command fails.
    public static func make(
        _ target: String, _ options: [String] = variables, functions: Set<String>? = few
    ) throws -> TestPackage {
        let package = try TestPackage(target, options, functions: functions)
        guard package.outcome.status == 0 else { throw Program.Failure(description: package.outcome.errors) }
        return package
    }

    /// Runs `local-runner package`.
    public static func make(_ words: [String], runner: String = BuiltProducts.program("local-runner")) throws -> Outcome
    {
        let process = try PipedProgram(runner, arguments: ["package"] + words, environment: [:], seconds: 300)
        let status = try process.waitForEnd()
        return Outcome(
            status: status, output: String(decoding: process.output, as: UTF8.self),
            errors: String(decoding: process.errors, as: UTF8.self))
    }

    /// Writes a copy of the project's wrangler-like.json with only `functions`, or with all if it is nil.
    public static func writeConfiguration(in folder: TemporaryFolder, _ functions: Set<String>?) throws {
        let file = URL(filePath: BuiltProducts.project + "/wrangler-like.json")
        var document = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
        if let functions {
            let entries = document["functions"] as? [[String: Any]] ?? []
            document["functions"] = entries.filter { functions.contains($0["function"] as? String ?? "") }
            let crons = (document["triggers"] as? [String: Any])?["crons"] as? [[String: Any]] ?? []
            document["triggers"] = ["crons": crons.filter { functions.contains($0["function"] as? String ?? "") }]
        }
        try JSONSerialization.data(withJSONObject: document, options: .sortedKeys)
            .write(to: URL(filePath: folder.path("wrangler-like.json")))
    }

    /// Returns the text of a file in the package.
    public func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

    /// Unpacks the package's archive into a new folder, which stands for the target's root; returns its path.
    public func unpacked() throws -> String {
        let root = folder.path("root")
        try Shell.run(#"mkdir "$2"; tar -xzf "$1"/*.tar.gz -C "$2""#, [path, root])
        return root
    }
}
