import Archive
import Base

/// A package for AWS Lambda: a ZIP archive for each function, and a SAM template that deploys them.
struct LambdaPackage {
    /// The size of the largest allowed archive, in bytes. Lambda accepts 50 MB directly, but a larger archive makes a
    /// function start more slowly.
    private static let largestArchive = 12 << 20
    /// The size of the largest allowed environment of a function: the sum of names and values in bytes (Lambda quotas).
    private static let largestEnvironment = 4_096
    /// Names of variables that Lambda sets itself and refuses from users (Developer Guide, "Defined runtime environment
    /// variables").
    private static let reserved = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
        "TZ",
    ]

    private let source: PackageSource
    /// The names of optional secrets that the environments of the functions leave out.
    private let without: [String]

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        without = arguments.all("--without")
        for name in without where !source.optional.contains(name) {
            throw UsageError("--without \(name) is unknown; \(NearestWord.advice(name, source.optional.sorted()))")
        }
        guard Components.lines.contains(where: { $0.hasPrefix("libpq") }) else {
            throw Failure(
                "Lambda needs PostgreSQL, since a function has no lasting disk of its own; build with local-runner/dev "
                    + "--build-only --postgresql and use .build-postgresql/release/local-runner")
        }
    }

    /// Writes the archives and the template. Returns the instructions for deploying them.
    func write(into folder: inout PackageFolder) throws -> String {
        var entries: [LambdaTemplate.Entry] = []
        for function in source.functions {
            let entry = LambdaTemplate.Entry(
                function: function, archive: "\(function.function)-\(source.machine.rawValue).zip",
                variables: try variables(of: function),
                secrets: source.secrets(of: function).filter { !without.contains($0) },
                schedules: try schedules(of: function))
            try checkEnvironment(entry)
            let files =
                [
                    ArchiveFile("bootstrap", mode: 0o755, try source.executable(function.function)),
                    source.componentsArchiveFile,
                ] + (OpenAPIDocument.readers.contains(function.function) ? [source.openAPIArchiveFile] : [])
            try folder.write(entry.archive, files) { files in
                let bytes = files.zip()
                guard bytes.count <= Self.largestArchive else {
                    throw Failure(
                        "\(entry.archive) has \(bytes.count) bytes; at most \(Self.largestArchive) are allowed")
                }
                return bytes
            }
            entries.append(entry)
        }
        let template = LambdaTemplate(name: source.name, machine: source.machine, entries: entries)
        try folder.write(ArchiveFile("template.yaml", Array(template.yaml.document.utf8)))
        return """
            Next, in that folder, with a secret "\(source.name)" in Secrets Manager that has the members \
            \(Set(entries.flatMap(\.secrets)).sorted().joined(separator: ", ")):
              sam deploy --template-file template.yaml --stack-name \(source.name) --resolve-s3 \
            --capabilities CAPABILITY_IAM
            """
    }

    private func variables(of function: FunctionConfiguration) throws -> [(name: String, value: String)] {
        let isStreamed = function.streams ? "RESPONSE_STREAM" : "BUFFERED"
        return try source.variables(of: function) + [("FUNCTION_INVOKE_MODE", isStreamed)]
    }

    private func schedules(of function: FunctionConfiguration) throws -> [String] {
        try source.crons(of: function).map { cron in
            do throws(CronError) { return try cron.onAWS } catch {
                throw Failure("the trigger \"\(cron)\" of \(function.function) \(error.advice)")
            }
        }
    }

    /// Checks the names and the size of a function's environment. The values of secrets count if they are known here.
    private func checkEnvironment(_ entry: LambdaTemplate.Entry) throws {
        let function = entry.function.function
        var length = 0
        for (name, value) in entry.variables {
            try checkName(name, function)
            length += name.utf8.count + value.utf8.count
        }
        for name in entry.secrets {
            try checkName(name, function)
            length += name.utf8.count + (source.known[name]?.reveal(\.utf8.count) ?? 0)
        }
        guard length <= Self.largestEnvironment else {
            throw Failure(
                "the environment of \(function) has \(length) bytes, and Lambda allows \(Self.largestEnvironment)")
        }
    }

    private func checkName(_ name: String, _ function: String) throws {
        let isReserved = Self.reserved.contains(name) || name.hasPrefix("AWS_LAMBDA_")
        guard !isReserved, name.utf8.count >= 2, !name.hasPrefix("_") else {
            throw Failure("Lambda does not let a function's variable be called \(name) (\(function)); rename it")
        }
    }
}
