import Foundation

/// Runs `openssl s_server`, which answers every request with a page, on a free port of this machine.
public final class TLSServer {
    /// The certificates that Tests/Fixtures/certificates makes.
    public enum Certificate: String, CaseIterable, Sendable {
        /// Signed by the tests' authority, for the server's name and localhost.
        case valid
        /// Like `valid`, but no longer valid.
        case expired
        /// Signed by no authority.
        case selfSigned = "self-signed"
    }

    /// The server's port on 127.0.0.1.
    public let port: Int
    /// The file with the certificate of the signing authority.
    public let authority: String
    private let process: PipedProgram
    private let folder: TemporaryFolder

    /// Makes certificates for `name` and starts a server that uses one of them.
    public init(_ certificate: Certificate, name: String = "server.example") throws {
        folder = try TemporaryFolder()
        authority = folder.path("authority.pem")
        let environment = ProcessInfo.processInfo.environment
        let maker = try PipedProgram(
            "/bin/bash", arguments: [Self.script, folder.path, name], environment: environment)
        try maker.finishOutput()
        guard try maker.waitForEnd() == 0 else {
            throw Program.Failure(description: "no certificates: " + folder.read("certificates.log"))
        }
        let file = folder.path(certificate.rawValue + ".pem")
        process = try PipedProgram(
            "/usr/bin/openssl",
            arguments: ["s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", file, "-www"],
            environment: environment, keepsInput: true)
        // The line `ACCEPT 127.0.0.1:PORT` means that the server listens.
        let line = try process.line(beginningWith: "ACCEPT ")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Program.Failure(description: "openssl s_server says: " + line)
        }
        self.port = port
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/certificates").path
}
