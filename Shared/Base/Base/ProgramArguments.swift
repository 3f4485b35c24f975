import CSystem

/// The arguments that the process was started with.
///
/// Swift's `CommandLine.arguments` reads them from /proc, and is empty if /proc is not mounted.
public enum ProgramArguments {
    /// All arguments. The first is the program's name.
    public static var all: [String] {
        (0..<csystem_argument_count()).compactMap { csystem_argument($0).map { String(cString: $0) } }
    }
}
