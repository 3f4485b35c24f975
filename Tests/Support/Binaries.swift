import Foundation

extension BuiltProducts {
    /// The path of an executable: in the folder that THALIAN_BINARIES names, as release builds are tested, or else beside
    /// the tests' own.
    public static func program(_ name: String) -> String {
        let folder = ProcessInfo.processInfo.environment["THALIAN_BINARIES"] ?? folder
        return folder + "/" + name
    }
}
