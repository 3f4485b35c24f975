import Archive
import Base

/// The units of a systemd package: the server, the migration, a timer with its service for each scheduled function, and
/// a worker if the function that runs jobs is one of them.
///
/// Secrets are passed to a process as credentials: systemd, as root, reads them from files that no other user can read,
/// and the variables NAME_FILE contain their paths.
struct SystemdUnits {
    /// The function that runs jobs. With JOB_WORKER_SECONDS it keeps running, and also queues scheduled work.
    private static let jobs = "scheduled-jobs"
    /// The time after which a worker ends and is started again, in seconds.
    private static let workerSeconds = 3_600
    /// The time in seconds in which running requests can finish: the longest time limit of all functions, rounded down,
    /// but at least 1.
    private var drainSeconds: Int {
        source.functions.reduce(1) { max($0, $1.limits.timeoutMilliseconds / 1_000) }
    }

    /// Settings that remove rights that no function needs (systemd.exec(5)).
    private static let hardening = [
        "DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
        "PrivateDevices=yes", "PrivateUsers=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes", "ProtectControlGroups=yes", "ProtectClock=yes", "ProtectHostname=yes",
        "ProtectProc=invisible", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces=yes",
        "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
        "SystemCallArchitectures=native", "SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM",
        "CapabilityBoundingSet=", "AmbientCapabilities=", "UMask=0077",
    ]

    let prefix: InstallationFolder
    private let source: PackageSource

    init(_ source: PackageSource, prefix: InstallationFolder) {
        (self.source, self.prefix) = (source, prefix)
    }

    private var name: String { source.name }

    /// The rights of a service. All services have one user, which exists while any of them runs. With a user for each,
    /// systemd would give the folder of the database to the service that it starts last.
    private var rights: [String] { ["User=\(name)"] + Self.hardening }

    /// All units, as files of an archive that is unpacked at the root.
    var all: [ArchiveFile] {
        get throws {
            var units = [
                unit("\(name).service", try server), unit("\(name)-migrate.service", try migration),
            ]
            for function in source.functions where !source.crons(of: function).isEmpty {
                units.append(unit("\(name)-\(function.function).service", try scheduled(function)))
                units.append(unit("\(name)-\(function.function).timer", timer(function)))
                if function.function == Self.jobs {
                    units.append(unit("\(name)-work.service", try worker(function)))
                }
            }
            return units
        }
    }

    private func unit(_ file: String, _ lines: [String]) -> ArchiveFile {
        ArchiveFile("etc/systemd/system/\(file)", Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    // MARK: Units

    private var server: [String] {
        get throws {
            let single = source.isSingle ? source.functions.map { " --function \($0.function)" }.joined() : ""
            return [
                "[Unit]", "Description=\(name): HTTP server", "Wants=network-online.target",
                "After=network-online.target", "", "[Service]", "Type=notify", "NotifyAccess=main",
                "ExecStart=\(runner("serve")) --drain \(drainSeconds)\(single)", "Environment=HOST=127.0.0.1 PORT=8080",
            ] + variables(source.given) + secrets(source.secrets.sorted()) + [
                "Restart=on-failure", "RestartSec=1", "TimeoutStopSec=\(drainSeconds + 10)", "LimitNOFILE=65536",
                "StateDirectory=\(name)", "WorkingDirectory=/",
            ] + rights + ["", "[Install]", "WantedBy=multi-user.target"]
        }
    }

    private var migration: [String] {
        get throws {
            [
                "[Unit]", "Description=\(name): brings the database's schema up to date",
                "Wants=network-online.target", "After=network-online.target", "", "[Service]", "Type=oneshot",
                "ExecStart=\(prefix.path)/local-runner migrate",
            ] + secrets(["DATABASE_URL"]) + ["TimeoutStartSec=900", "StateDirectory=\(name)"] + rights
        }
    }

    /// Returns the service of a scheduled function, which starts the function's executable once for each time of the
    /// timer.
    private func scheduled(_ function: FunctionConfiguration) throws -> [String] {
        let event = #"{"source":"aws.events","detail-type":"Scheduled Event"}"#
        return [
            "[Unit]", "Description=\(name): \(function.route)", "Wants=network-online.target",
            "After=network-online.target", "", "[Service]", "Type=oneshot",
            "ExecStart=\(prefix.path)/\(function.function)",
        ] + variables([("FUNCTION_EVENT", event)]) + (try environment(function)) + [
            // The output is the response; the reason for a failure is in the log on standard error.
            "StandardOutput=null", "TimeoutStartSec=\(max(1, function.limits.timeoutMilliseconds / 1_000))",
            "StateDirectory=\(name)",
        ] + rights
    }

    private func timer(_ function: FunctionConfiguration) -> [String] {
        let times = source.crons(of: function).flatMap(\.onCalendar).map { "OnCalendar=\($0)" }
        return ["[Unit]", "Description=\(name): \(function.route)", "", "[Timer]"] + times
            + ["AccuracySec=1s", "Persistent=yes", "", "[Install]", "WantedBy=timers.target"]
    }

    /// Returns the service of the function that runs jobs, which is a single long-running process.
    private func worker(_ function: FunctionConfiguration) throws -> [String] {
        let event = #"{"source":"aws.events","detail-type":"Scheduled Event"}"#
        return [
            "[Unit]", "Description=\(name): runs jobs, and queues scheduled work", "Wants=network-online.target",
            "After=network-online.target", "", "[Service]", "Type=exec",
            "ExecStart=\(prefix.path)/\(function.function)",
        ] + variables([("FUNCTION_EVENT", event), ("JOB_WORKER_SECONDS", String(Self.workerSeconds))])
            + (try environment(function)) + [
                "StandardOutput=null", "Restart=always", "RestartSec=1", "TimeoutStopSec=30", "KillMode=mixed",
                "LimitNOFILE=65536", "StateDirectory=\(name)",
            ] + rights + ["", "[Install]", "WantedBy=multi-user.target"]
    }

    // MARK: Parts

    private func runner(_ verb: String) -> String {
        let environment = source.environment.map { " --env \($0)" } ?? ""
        return "\(prefix.path)/local-runner \(verb) --config \(prefix.path)/\(Configuration.fileName)\(environment)"
    }

    private func environment(_ function: FunctionConfiguration) throws -> [String] {
        variables(try source.variables(of: function)) + secrets(source.secrets(of: function))
    }

    /// Returns the lines that set variables. In a value, a percent sign would begin a specifier of systemd, and a
    /// backslash an escape sequence.
    private func variables(_ variables: [(name: String, value: String)]) -> [String] {
        variables.map { name, value in
            let text = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("%", with: "%%")
            return "Environment=\"\(name)=\(text)\""
        }
    }

    /// Returns the lines that pass secrets as credentials, and a line that reads further variables from a file, if it
    /// exists.
    private func secrets(_ names: [String]) -> [String] {
        names.flatMap { secret in
            [
                "LoadCredential=\(secret):/etc/\(name)/secrets/\(secret)",
                "Environment=\(secret)\(Environment.fileSuffix)=%d/\(secret)",
            ]
        } + ["EnvironmentFile=-/etc/\(name)/environment"]
    }
}
