#if PostgreSQL
    import Foundation
    import TestSupport

    /// A PostgreSQL server for one test, which may kill it.
    struct OwnServer {
        private let folder: String

        /// Names the server's folder, which `start` makes.
        init(in folder: TemporaryFolder) {
            // The path is longer than a Unix-domain socket's may be, as in a deeply nested checkout.
            self.folder = folder.path("server-" + String(repeating: "x", count: 90))
        }

        private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "postgresql").path

        /// Starts the server; returns its URL, which stays the same.
        @discardableResult
        func start() throws -> String { try control("start") }

        /// Kills all of the server's processes.
        func kill() throws { _ = try control("kill") }

        private func control(_ verb: String) throws -> String {
            let process = try PipedProgram(
                "/bin/bash", arguments: [Self.script, verb, folder], environment: ProcessInfo.processInfo.environment,
                seconds: 90)
            try process.finishOutput()
            let status = try process.waitForEnd()
            guard status == 0 else {
                throw TCPClient.Failure(description: "\(verb): \(String(decoding: process.errors, as: UTF8.self))")
            }
            return String(decoding: process.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
#endif
