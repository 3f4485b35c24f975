import Foundation

extension BuiltProducts {
    /// The project's folder.
    public static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// True if `program` returns executables of a release build.
    public static let areRelease = ProcessInfo.processInfo.environment["THALIAN_BINARIES"] != nil

    /// Returns the path of an executable: in the folder that THALIAN_BINARIES names, as for release builds, or else
    /// next to the tests' own executable.
    public static func program(_ name: String) -> String {
        let folder = ProcessInfo.processInfo.environment["THALIAN_BINARIES"] ?? folder
        return folder + "/" + name
    }
}
