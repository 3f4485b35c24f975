import Foundation

extension BuiltProducts {
    /// The folder of the project.
    public static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// True if `program` returns executables of a release build.
    public static let areRelease = ProcessInfo.processInfo.environment["THALIAN_BINARIES"] != nil

    /// The path of an executable: in the folder that THALIAN_BINARIES names, as release builds are tested, or else beside
    /// the tests' own.
    public static func program(_ name: String) -> String {
        let folder = ProcessInfo.processInfo.environment["THALIAN_BINARIES"] ?? folder
        return folder + "/" + name
    }
}
