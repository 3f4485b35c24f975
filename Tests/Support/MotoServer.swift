import Foundation
import Store

/// A server of moto, an independent implementation of AWS's APIs. It carries out requests, and verifies their
/// signatures once a request to /moto-api/reset-auth has turned that on.
public final class MotoServer {
    /// The path of a Python that has moto; nil if none was set up.
    public static let python = ProcessInfo.processInfo.environment["THALIAN_PYTHON"]

    private let folder: TemporaryFolder
    private let process: TestProcess
    /// The server's URL, as the value of an UPSTREAM_ variable.
    public let url: String

    /// Starts a server without users.
    public init() throws {
        guard let python = Self.python else { throw StoreError.failed("there is no Python with moto") }
        folder = try TemporaryFolder()
        let log = folder.path("moto.log")
        process = try TestProcess(
            python, ["-m", "moto.server", "-p", "0"],
            environment: ["MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PATH": "/usr/bin:/bin"], log: log)
        var found: String?
        _ = try poll(seconds: 120) {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            found = text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("http://127.0.0.1:") }.map(
                String.init)
            return found != nil
        }
        guard let found else { throw StoreError.failed("moto does not start") }
        url = found
    }
}
