import Foundation

/// A folder that is removed with its contents when the last reference is released.
public final class TemporaryFolder: Sendable {
    /// The folder's absolute path.
    public let path: String

    /// The file system that holds the folder.
    public enum Place: Sendable {
        /// Next to the built products, so that these can be linked into it.
        case besideProducts
        /// On a file system in memory if there is one, so that no write waits for a disk.
        case inMemory
        /// In a place where programs of other users can reach it, and run programs in it.
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

    /// Returns the text of a file; empty if it is missing.
    public func read(_ name: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: path(name)))).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }
}

/// The products of the build.
public enum BuiltProducts {
    /// The folder of the executables, which contains the tests' own executable.
    public static let folder: String = {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: path ?? CommandLine.arguments[0]).deletingLastPathComponent().path
    }()
}
