import Foundation
import TestSupport
import Testing

/// A real web server with a packaged configuration, in front of packaged functions. It ends with this object.
final class PackagedWebServer {
    /// A web server and the protocol by which it calls functions.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case nginxFastCGI, lighttpdFastCGI, lighttpdCGI, apacheFastCGI, apacheCGI, caddyFastCGI

        var testDescription: String { rawValue }
        /// True if the web server does not start FastCGI processes itself.
        var needsProcesses: Bool { [.nginxFastCGI, .apacheFastCGI, .caddyFastCGI].contains(self) }
    }

    let port: Int
    private let package: TestPackage
    private let root: String
    private var processes: [Program] = []

    /// The user that lighttpd and Apache switch to and that FastCGI processes have, if the tests run as root.
    private static let user = geteuid() == 0 ? "www-data" : nil

    /// Unpacks a package that is meant for a folder of the test, and starts the server with its configuration.
    init(_ kind: Kind, databaseURL: String) throws {
        let place = try TemporaryFolder(.forAllUsers)
        root = place.path
        self.place = place
        package = try TestPackage.make("cgi", TestPackage.variables + ["--prefix", place.path("opt")])
        // The units are not installed on the machine of the tests.
        try Shell.run(#"tar -xzf "$1"/*.tar.gz -C / --anchored --exclude=etc"#, [package.path])
        // The folders of secrets and of sockets are those of the test.
        try Shell.run(
            #"""
            mkdir "$1/secrets" "$1/run"
            grep -rlI -e /etc/thalian -e /run/thalian "$1/opt" |
                xargs sed -i -e "s|/etc/thalian/secrets|$1/secrets|g" -e "s|/run/thalian|$1/run|g"
            for name in SUPABASE_JWT_SECRET AUDIT_SIGNING_KEY; do echo 0000000000000000000000000000000000 >"$1/secrets/$name"; done
            printf '%s\n' "$2" >"$1/secrets/DATABASE_URL"
            chmod 644 "$1"/secrets/*
            [ -z "$3" ] || chown "$3" "$1" "$1/run"
            """#, [root, databaseURL, Self.user ?? ""])
        port = try LocalListener(.tcp).port
        if kind.needsProcesses {
            for name in ["api-health", "api-mcp-findings", "api-mcp-risk-score"] { try startProcesses(of: name) }
        }
        try start(kind)
        let (port, errors) = (port, place.path("errors"))
        guard poll(seconds: 30, { (try? TCPClient(port: port)) != nil }) else {
            throw TCPClient.Failure(
                description: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "the server does not start")
        }
    }

    private let place: TemporaryFolder

    /// Runs the packaged script that starts processes, as the user of the web server.
    private func startProcesses(of function: String) throws {
        let words = [root + "/opt/fastcgi", function, "2"]
        let command = Self.user.map { ["/usr/sbin/runuser", "-u", $0, "--"] + words } ?? words
        processes.append(
            try Program(command[0], Array(command.dropFirst()), environment: [:], descriptors: [-1, 2, 2]))
        let socket = root + "/run/\(function).sock"
        guard poll(seconds: 20, { FileManager.default.fileExists(atPath: socket) }) else {
            throw TCPClient.Failure(description: "\(function) does not listen")
        }
    }

    private func start(_ kind: Kind) throws {
        let (program, arguments, text) = configuration(kind)
        try text.write(toFile: root + "/conf", atomically: true, encoding: .utf8)
        processes.append(
            try Program(
                program, arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": root], descriptors: [-1, -1, -1]))
    }

    /// Returns the server's program, its arguments, and the part of its configuration that every installation has, with
    /// the line that includes the package's.
    private func configuration(_ kind: Kind) -> (String, [String], String) {
        let files = root + "/opt/web-servers"
        switch kind {
        case .nginxFastCGI:
            let temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"]
                .map { "\($0)_temp_path \(root)/\($0);" }.joined(separator: " ")
            return (
                "/usr/sbin/nginx", ["-c", root + "/conf"],
                """
                daemon off; master_process off; pid \(root)/pid; error_log \(root)/errors; events {}
                http { access_log off; \(temporary)
                    server { listen 127.0.0.1:\(port); include \(files)/nginx-fastcgi.conf; } }
                """
            )
        case .lighttpdFastCGI, .lighttpdCGI:
            let include = kind == .lighttpdCGI ? "lighttpd-cgi.conf" : "lighttpd-fastcgi.conf"
            return (
                "/usr/sbin/lighttpd", ["-D", "-f", root + "/conf"],
                """
                server.document-root = "\(root)"
                server.bind = "127.0.0.1"
                server.port = \(port)
                server.errorlog = "\(root)/errors"
                server.upload-dirs = ("\(root)")
                \(Self.user.map { "server.username = \"\($0)\"\nserver.groupname = \"\($0)\"" } ?? "")
                include "\(files)/\(include)"

                """
            )
        case .apacheFastCGI, .apacheCGI:
            let include = kind == .apacheCGI ? "apache-cgi.conf" : "apache-fastcgi.conf"
            let modules = ["mpm_event", "authz_core", "alias", "env", "cgid", "proxy", "proxy_fcgi"]
                .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }.joined()
            return (
                "/usr/sbin/apache2", ["-D", "FOREGROUND", "-f", root + "/conf"],
                """
                \(modules)\(Self.user.map { "User \($0)\nGroup \($0)" } ?? "")
                ServerRoot \(root)
                ServerName localhost
                PidFile \(root)/pid
                ErrorLog \(root)/errors
                ScriptSock \(root)/cgid
                Listen 127.0.0.1:\(port)
                <VirtualHost *>
                    Include \(files)/\(include)
                </VirtualHost>

                """
            )
        case .caddyFastCGI:
            return (
                "/usr/bin/caddy", ["run", "--adapter", "caddyfile", "--config", root + "/conf"],
                """
                {
                    admin off
                    auto_https off
                    log default {
                        output file \(root)/errors
                    }
                }
                http://127.0.0.1:\(port) {
                    import \(files)/Caddyfile
                }

                """
            )
        }
    }

    // A server that is asked to end also ends the processes that it has started.
    deinit {
        for process in processes.reversed() {
            process.send(SIGTERM)
            _ = process.waitForEnd(seconds: 5)
        }
    }

    /// The server's log of errors.
    var errors: String { (try? String(contentsOfFile: root + "/errors", encoding: .utf8)) ?? "" }

    /// Runs a scheduled function by the packaged script; returns its output.
    func run(_ function: String) throws -> String { try Shell.run(#""$1/opt/run" "$2""#, [root, function]) }
}
