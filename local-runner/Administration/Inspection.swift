import Base
import Glibc
import Store

/// Checks the configuration, the database, the executables of the functions, the certificates and the permissions of
/// files. If a check fails, the others still run. If the configuration can't be read, nothing else is checked.
struct Inspection {
    private let project: Project

    init(_ arguments: Arguments) throws { project = try Project(arguments) }

    func run() throws -> [InspectionFinding] {
        let (configuration, problems) = readConfiguration()
        guard let configuration else { return problems }
        return problems + database(configuration) + functions(configuration) + certificates(configuration) + files()
    }

    /// Returns the configuration, or nil if it can't be read, and the findings about it. Secrets may be missing in it.
    private func readConfiguration() -> (Configuration?, [InspectionFinding]) {
        let subject = "configuration"
        do {
            let configuration = try read(needsSecrets: true)
            let count = configuration.variables.count { !$0.value.reveal(\.isEmpty) }
            let text =
                "\(project.configurationFile) names \(Terminal.counted(configuration.functions.count, "function")); "
                + "\(Terminal.counted(count, "variable")) \(count == 1 ? "is" : "are") set, "
                + (Project.isProduction ? "for production" : "for development")
            let warnings = configuration.warnings.map { InspectionFinding(.warning, subject, $0) }
            return (configuration, [InspectionFinding(.ok, subject, text)] + warnings)
        } catch let error as ConfigurationError {
            let problems = error.lines.map { InspectionFinding(.failed, subject, $0) }
            // If only secrets are missing, the rest can still be checked.
            let configuration = try? read(needsSecrets: false)
            guard configuration != nil, !Project.isProduction, !File.exists(devVars) else {
                return (configuration, problems)
            }
            let cause = InspectionFinding(
                .failed, subject, "\(devVars) does not exist",
                advice:
                    "local-runner dev creates it with random secrets; or add the following ones, or set them in the "
                    + "environment")
            return (configuration, [cause] + problems)
        } catch {
            return (nil, [InspectionFinding(.failed, subject, "\(error)")])
        }
    }

    private func read(needsSecrets: Bool) throws -> Configuration {
        try Project.isProduction
            ? project.productionConfiguration(needsSecrets: needsSecrets)
            : project.configuration(needsSecrets: needsSecrets, makesSecrets: false)
    }

    // MARK: The database

    private func database(_ configuration: Configuration) -> [InspectionFinding] {
        let subject = "database"
        guard let secret = configuration.variables["DATABASE_URL"],
            let url = secret.reveal({ DatabaseURL($0) })
        else {
            return [
                InspectionFinding(
                    .failed, subject, "DATABASE_URL names no database that this build can use",
                    advice: DatabaseSource.problem(ofUnusable: configuration.databaseURL))
            ]
        }
        let name = secret.reveal { DatabaseSource.name(of: $0) }
        guard url.exists else {
            return [
                InspectionFinding(.failed, subject, "there is none at \(name)", advice: "run local-runner migrate")
            ]
        }
        let database = url.database()
        defer { database.close() }
        do {
            if let problem = try database.schemaState().problem {
                return [InspectionFinding(.failed, subject, "\(name) \(problem)")]
            }
            guard try database.canWrite() else {
                return [
                    InspectionFinding(
                        .failed, subject, "\(name) can be read but not written",
                        advice: "free space on its disk, or make it writable for this user")
                ]
            }
            var findings = [
                InspectionFinding(
                    .ok, subject,
                    "\(name) can be written, and its schema suits this build, version \(SchemaState.ofThisBuild)")
            ]
            if name.hasPrefix("sqlite:") {
                findings += rights(of: String(name.dropFirst("sqlite:".count)), "the customers' data")
            } else {
                findings.append(try clock(database))
            }
            return findings
        } catch {
            return [
                InspectionFinding(
                    .failed, subject, "\(error) (\(name))",
                    advice: "check that the server runs, that the URL is right and that this user may connect")
            ]
        }
    }

    /// Compares this machine's clock with the database server's. If a clock is off by more than 30 seconds, valid
    /// session tokens may be refused.
    private func clock(_ database: any Database) throws -> InspectionFinding {
        let subject = "clock"
        let theirs = try database.first("SELECT epoch(pg_catalog.now())") { try $0[0] as Int } ?? 0
        let difference = Timestamp.now.seconds - theirs
        guard abs(difference) > 5 else {
            return InspectionFinding(.ok, subject, "this machine's clock agrees with the database server's")
        }
        return InspectionFinding(
            abs(difference) > 30 ? .failed : .warning, subject,
            "this machine's clock is \(abs(difference)) seconds \(difference > 0 ? "ahead of" : "behind") "
                + "the database server's",
            advice: "set both by NTP; session tokens are refused by a clock that is off by more than 30 seconds")
    }

    // MARK: Executables

    private func functions(_ configuration: Configuration) -> [InspectionFinding] {
        let subject = "functions"
        let folder: String
        do { folder = try project.functionsFolder } catch {
            return [InspectionFinding(.failed, subject, "the folder of the executables is not known: \(error)")]
        }
        var findings: [InspectionFinding] = []
        for function in configuration.functions.map(\.function) {
            let path = "\(folder)/\(function)"
            guard File.exists(path) else {
                findings.append(
                    InspectionFinding(
                        .failed, subject, "\(path) is missing", advice: "build it with local-runner/dev --build-only"))
                continue
            }
            guard let run = ProgramOutput.of(path, ["--version"]), run.status == 0 else {
                findings.append(
                    InspectionFinding(
                        .failed, subject, "\(path) can't be run",
                        advice: "check its permissions (chmod 755) and its architecture"))
                continue
            }
            let components = run.text.split(separator: "\n").map(String.init)
            if let difference = Self.difference(of: components, from: Components.lines) {
                findings.append(
                    InspectionFinding(
                        .failed, subject,
                        "\(function) is not from the build of this program: it contains \(difference)",
                        advice: "build all of them together with local-runner/dev --build-only"))
            }
        }
        if findings.isEmpty {
            findings.append(
                InspectionFinding(
                    .ok, subject, "all \(configuration.functions.count) executables are in \(folder), from one build"))
        }
        if !JobWorker.canRun(configuration) {
            findings.append(
                InspectionFinding(
                    .warning, subject, "the configuration has no function scheduled-jobs",
                    advice: "without it, syncs and actions run only within the request that starts them"))
        }
        return findings
    }

    /// Compares an executable's components with this program's. Each executable contains only the libraries that it
    /// needs, but in one build a library has one version, and either all executables with a database can use PostgreSQL
    /// or none can. Returns the difference, or nil if there is none.
    static func difference(of components: [String], from own: [String]) -> String? {
        func byName(_ lines: [String]) -> [String: String] {
            Dictionary(lines.map { (String($0.prefix { $0 != " " }), $0) }) { first, _ in first }
        }
        let (theirs, ours) = (byName(components), byName(own))
        for (name, line) in theirs.sorted(by: { $0.key < $1.key }) {
            if let other = ours[name], other != line { return "\(line), and this program \(other)" }
        }
        guard theirs["SQLite"] != nil, (theirs["libpq"] == nil) != (ours["libpq"] == nil) else { return nil }
        return theirs["libpq"] == nil ? "no support for PostgreSQL" : "support for PostgreSQL, and this program none"
    }

    // MARK: Files

    private func certificates(_ configuration: Configuration) -> [InspectionFinding] {
        let subject = "certificates"
        let named = configuration.variables["SSL_CERT_FILE"]?.reveal { $0 } ?? ""
        do {
            let file = try CertificateAuthorities.file(Environment(["SSL_CERT_FILE": named]))
            let text = String(decoding: try File.read(file), as: UTF8.self)
            let count = text.split(separator: "\n").count { $0.hasPrefix("-----BEGIN CERTIFICATE") }
            guard count > 0 else {
                return [
                    InspectionFinding(
                        .failed, subject, "\(file) contains no certificate in PEM format",
                        advice: "set SSL_CERT_FILE to a file with the trusted authorities")
                ]
            }
            return [
                InspectionFinding(
                    .ok, subject,
                    "\(file) contains "
                        + Terminal.counted(count, "trusted authority", plural: "trusted authorities"))
            ]
        } catch {
            return [InspectionFinding(.failed, subject, "\(error)")]
        }
    }

    private func files() -> [InspectionFinding] {
        rights(of: devVars, "secrets")
    }

    private var devVars: String { "\(project.root)/\(DevVars.fileName(environment: project.environment))" }

    /// Returns a warning if a file exists and users other than its owner have any permission for it.
    private func rights(of path: String, _ content: String) -> [InspectionFinding] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return [] }
        return [
            InspectionFinding(
                .warning, "files", "\(path) contains \(content), and users other than its owner may read or write it",
                advice: "chmod 600 \(path)")
        ]
    }
}
