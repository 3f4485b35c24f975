import Foundation

/// A folder that is removed, with all in it, when nobody holds it any more.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// The file system that holds the folder.
    public enum Place: Sendable {
        /// Beside the built products, so that these can be linked into it.
        case besideProducts
        /// On a file system in memory if there is one, so that no write waits for a disk.
        case inMemory
        /// Where programs of other users can reach it, and run what is in it.
        case forAllUsers
    }

    private static let memory: String? = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil

    /// Makes the folder.
    public init(_ place: Place = .besideProducts) throws {
        let parent =
            switch place {
            case .besideProducts: BuiltProducts.folder
            case .inMemory: Self.memory ?? BuiltProducts.folder
            case .forAllUsers: "/tmp"
            }
        path = parent + "/thalian-test-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if place == .forAllUsers { chmod(path, 0o755) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file.
    public func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    /// The text of a file; empty when it is missing.
    public func read(_ name: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: path(name)))).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }
}

/// What the build has made.
public enum BuiltProducts {
    /// The folder of the executables, in which the tests' own is.
    public static let folder: String = {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: path ?? CommandLine.arguments[0]).deletingLastPathComponent().path
    }()
}
