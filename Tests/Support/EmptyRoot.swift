import Foundation

/// A root folder that contains one program as /program, and files that a test adds. Processes in it see no other file
/// of this machine; the network is this machine's.
public final class EmptyRoot {
    /// The exit status and the outputs of a program that has ended.
    public struct Outcome {
        public let status: Int32
        public let output: [UInt8]
        public let errors: [UInt8]

        /// Both outputs as text.
        public var text: String { String(decoding: output + errors, as: UTF8.self) }
    }

    private let folder: TemporaryFolder

    /// Makes a root with a program.
    public init(program: String) throws {
        folder = try TemporaryFolder()
        try FileManager.default.linkItem(atPath: program, toPath: folder.path("program"))
    }

    /// Adds the files of a SQLite database, which must be closed.
    public func add(databaseFilesOf store: TestStore) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
        where name.hasPrefix("store.db") {
            try FileManager.default.copyItem(atPath: store.folder.path(name), toPath: folder.path(name))
        }
    }

    /// Runs the program. A user who is not root needs user namespaces (unshare(1)).
    public func run(
        _ environment: [String: String], arguments: [String] = [], input: [UInt8] = []
    ) throws -> Outcome {
        let program =
            geteuid() == 0
            ? ["/usr/sbin/chroot", folder.path] : ["/usr/bin/unshare", "--map-root-user", "--root=" + folder.path]
        let process = try PipedProgram(
            program[0], arguments: program.dropFirst() + ["/program"] + arguments, environment: environment,
            input: input)
        let status = try process.waitForEnd()
        return Outcome(status: status, output: process.output, errors: process.errors)
    }
}
