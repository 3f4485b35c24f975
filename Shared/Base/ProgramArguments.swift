import CSystem

/// The arguments that the process was started with.
///
/// `CommandLine.arguments` reads them from /proc, and is empty where that is not mounted.
public enum ProgramArguments {
    /// All of them, the program's name first.
    public static var all: [String] {
        (0..<csystem_argument_count()).compactMap { csystem_argument($0).map { String(cString: $0) } }
    }
}
