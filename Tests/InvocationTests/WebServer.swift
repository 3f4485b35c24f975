import Base
import Foundation
import TestSupport

/// A web server of Debian, with the probe behind it by FastCGI and, except for nginx, by CGI. It ends when its last
/// reference is released.
final class WebServer {
    /// The web server's program.
    enum Kind: String, CaseIterable {
        case nginx, lighttpd, apache2

        private var path: String { "/usr/sbin/" + rawValue }

        fileprivate func start(_ configuration: String) throws -> Program {
            let arguments =
                switch self {
                case .nginx: ["-c", configuration]
                case .lighttpd: ["-D", "-f", configuration]
                case .apache2: ["-D", "FOREGROUND", "-f", configuration]
                }
            return try Program(path, arguments, environment: ["PATH": "/usr/bin:/bin"], descriptors: [-1, -1, -1])
        }
    }

    /// curl's report of a request.
    struct Reply {
        /// curl's exit status: 0 if the response is complete, and another number if it is not, such as 18 if it broke
        /// off (CURLE_PARTIAL_FILE).
        let exitStatus: Int
        let status: Int
        let body: [UInt8]

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
    }

    private let folder: TemporaryFolder
    /// The process is ended with its group, because Apache has processes that outlive the first one.
    private var process: Program?
    private var port = 0
    private let local: FastCGIProgram
    private let overTCP: FastCGIProgram

    /// Starts the server and the FastCGI programs that it calls: one on a path, one on a port, each a single process.
    init(_ kind: Kind) throws {
        folder = try TemporaryFolder(.forAllUsers)
        local = try FastCGIProgram(on: .file(folder.path("socket")))
        overTCP = try FastCGIProgram(on: .tcp, environment: ["FCGI_WEB_SERVER_ADDRS": "127.0.0.1"])
        try FileManager.default.copyItem(atPath: ProbeProgram.path, toPath: folder.path("probe.cgi"))
        // Another program may take the port before the server does.
        for _ in 0..<5 where process == nil {
            port = try LocalListener(.tcp).port
            try folder.write("conf", configuration(of: kind))
            let started = try kind.start(folder.path("conf"))
            func isRunning() -> Bool { started.waitForEnd(seconds: 0) == nil }
            let isReady = poll(seconds: 60) { (try? TCPClient(port: port)) != nil || !isRunning() }
            if isReady, isRunning() { process = started }
        }
        guard process != nil else { throw TCPClient.Failure(description: folder.read("errors")) }
    }

    /// Sends a request with curl. `body` is sent with its length or, with `chunked`, in chunks.
    func ask(_ target: String, body: [UInt8]? = nil, chunked: Bool = false, seconds: Int = 20) throws -> Reply {
        var arguments = ["-sS", "-m", String(seconds), "-o", folder.path("answer"), "-w", "%{exitcode} %{http_code}"]
        // curl does not wait for the server's 100 (Continue).
        arguments += ["-H", "Expect:"]
        if let body {
            try Data(body).write(to: URL(filePath: folder.path("body")))
            arguments += ["--data-binary", "@" + folder.path("body")]
        }
        if chunked { arguments += ["-H", "Transfer-Encoding: chunked"] }
        try? FileManager.default.removeItem(atPath: folder.path("answer"))
        let words = try Shell.run(
            #"curl "$@" || true"#, arguments + ["http://127.0.0.1:\(port)\(target)"]
        ).split(separator: " ").compactMap { Int($0) }
        guard words.count == 2 else { throw TCPClient.Failure(description: "curl said something else") }
        let answer = try? Data(contentsOf: URL(filePath: folder.path("answer")))
        return Reply(exitStatus: words[0], status: words[1], body: answer.map { [UInt8]($0) } ?? [])
    }

    private func configuration(of kind: Kind) -> String {
        let (folder, tcp) = (folder.path, "127.0.0.1:\(overTCP.listener.port)")
        switch kind {
        case .nginx:
            return """
                daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/errors;
                events {}
                http {
                    access_log off; client_max_body_size 100m;
                    client_body_temp_path \(folder)/body-temp; fastcgi_temp_path \(folder)/fastcgi-temp;
                    proxy_temp_path \(folder)/proxy-temp; uwsgi_temp_path \(folder)/uwsgi-temp;
                    scgi_temp_path \(folder)/scgi-temp;
                    include /etc/nginx/fastcgi_params;
                    fastcgi_read_timeout 10s;
                    upstream one { server unix:\(folder)/socket; keepalive 4; }
                    upstream two { server unix:\(folder)/socket; keepalive 4; }
                    server {
                        listen 127.0.0.1:\(port);
                        location /fcgi { fastcgi_pass unix:\(folder)/socket; }
                        location /unbuffered { fastcgi_request_buffering off; fastcgi_pass unix:\(folder)/socket; }
                        location /tcp { fastcgi_pass \(tcp); }
                        location /kept/one { fastcgi_keep_conn on; fastcgi_pass one; }
                        location /kept/two { fastcgi_keep_conn on; fastcgi_pass two; }
                    }
                }
                """
        case .lighttpd:
            return """
                server.document-root = "\(folder)"
                server.bind = "127.0.0.1"
                server.port = \(port)
                server.errorlog = "\(folder)/errors"
                server.upload-dirs = ("\(folder)")
                server.modules = ("mod_fastcgi", "mod_cgi")
                $HTTP["url"] =~ "^/(fcgi|tcp)" { server.stream-response-body = 1 }
                cgi.assign = (".cgi" => "")
                fastcgi.server = (
                    "/fcgi" => (("socket" => "\(folder)/socket", "check-local" => "disable")),
                    "/tcp" => (("host" => "127.0.0.1", "port" => \(overTCP.listener.port), "check-local" => "disable")))
                """
        case .apache2:
            let modules = ["mpm_event", "authz_core", "alias", "cgid", "proxy", "proxy_fcgi"]
                .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }.joined()
            let user = geteuid() == 0 ? "User www-data\nGroup www-data\n" : ""
            return modules + user + """
                ServerRoot \(folder)
                ServerName localhost
                PidFile \(folder)/pid
                Listen 127.0.0.1:\(port)
                ErrorLog \(folder)/errors
                ScriptSock \(folder)/cgid
                ScriptAlias /probe.cgi \(folder)/probe.cgi
                ProxyPass /fcgi unix:\(folder)/socket|fcgi://localhost/
                ProxyPass /tcp fcgi://\(tcp)/

                """
        }
    }
}
