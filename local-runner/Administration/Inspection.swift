import Base
import Glibc
import Store

/// Looks at everything that the product needs, one subject after the other. A subject that fails does not keep the
/// others from being looked at.
struct Inspection {
    private let project: Project

    init(_ arguments: Arguments) throws { project = try Project(arguments) }

    func run() throws -> [InspectionFinding] {
        let (configuration, problems) = readConfiguration()
        guard let configuration else { return problems }
        return problems + database(configuration) + functions(configuration) + certificates(configuration) + files()
    }

    /// The configuration, with its secrets if they are there.
    private func readConfiguration() -> (Configuration?, [InspectionFinding]) {
        let subject = "configuration"
        do {
            let configuration = try project.configuration(needsSecrets: true, makesSecrets: false)
            let count = configuration.variables.count { !$0.value.reveal(\.isEmpty) }
            let text =
                "\(project.configurationFile) names \(configuration.functions.count) functions; "
                + "\(count) variables are set"
            return (configuration, [InspectionFinding(.ok, subject, text)])
        } catch let error as ConfigurationError {
            let problems = error.problems.map { InspectionFinding(.failed, subject, $0.description) }
            // Missing secrets alone do not keep the rest from being looked at.
            return (try? project.configuration(), problems)
        } catch {
            return (nil, [InspectionFinding(.failed, subject, "\(error)")])
        }
    }

    // MARK: The database

    private func database(_ configuration: Configuration) -> [InspectionFinding] {
        let subject = "database"
        guard let secret = configuration.variables["DATABASE_URL"],
            let url = secret.reveal({ DatabaseURL($0) })
        else {
            return [
                InspectionFinding(
                    .failed, subject, "DATABASE_URL names no engine that this build knows",
                    advice:
                        "write sqlite:PATH, or use a build with PostgreSQL (local-runner/dev --build-only --postgresql)"
                )
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
            guard try database.isCurrent() else {
                return [
                    InspectionFinding(
                        .failed, subject, "the schema of \(name) is not that of this build",
                        advice: "run local-runner migrate")
                ]
            }
            guard try database.canWrite() else {
                return [
                    InspectionFinding(
                        .failed, subject, "\(name) can be read but not written",
                        advice: "make room on its disk, or give this user the right to write")
                ]
            }
            var findings = [InspectionFinding(.ok, subject, "\(name) is migrated and can be written")]
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

    /// The machine's clock against the server's. Session tokens are refused by a clock that is off by more than 30
    /// seconds.
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
            return [InspectionFinding(.failed, subject, "the folder of the executables can't be told: \(error)")]
        }
        let known = Set(Components.lines)
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
                        advice: "look at its rights (chmod 755) and at its architecture"))
                continue
            }
            let others = Set(run.text.split(separator: "\n").map(String.init)).subtracting(known).sorted()
            if let other = others.first {
                findings.append(
                    InspectionFinding(
                        .failed, subject, "\(function) is of another build than this program: it contains \(other)",
                        advice: "build all of them together with local-runner/dev --build-only"))
            }
        }
        if findings.isEmpty {
            findings.append(
                InspectionFinding(
                    .ok, subject, "all \(configuration.functions.count) executables are in \(folder), of one build"))
        }
        if !JobWorker.canRun(configuration) {
            findings.append(
                InspectionFinding(
                    .warning, subject, "the configuration has no function scheduled-jobs",
                    advice: "without it no sync and no action is carried out that a request does not finish itself"))
        }
        return findings
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
                        .failed, subject, "\(file) holds no certificate in PEM",
                        advice: "name a bundle of authorities in SSL_CERT_FILE")
                ]
            }
            return [InspectionFinding(.ok, subject, "\(file) names \(count) authorities")]
        } catch {
            return [InspectionFinding(.failed, subject, "\(error)")]
        }
    }

    private func files() -> [InspectionFinding] {
        let name = DevVars.fileName(environment: project.environment)
        return rights(of: "\(project.root)/\(name)", "secrets")
    }

    /// A warning about a file that others than its owner may read; nothing if there is no such file.
    private func rights(of path: String, _ content: String) -> [InspectionFinding] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return [] }
        return [
            InspectionFinding(
                .warning, "files", "\(path) holds \(content), and others than its owner may use it",
                advice: "chmod 600 \(path)")
        ]
    }
}
