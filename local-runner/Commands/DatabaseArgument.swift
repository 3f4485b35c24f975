import Base

/// The database that a command-line option names.
///
/// Every user of a machine can read the command lines of its processes (/proc/PID/cmdline). So a URL with a password is
/// refused on a command line, and must come from a file or the environment instead.
enum DatabaseArgument {
    /// The description of the possible values, for the help texts of the options.
    static let help = "sqlite:PATH, postgres://… without a password, or file:PATH, a file that contains the URL"

    /// Reads the value of an option, such as `--database`.
    ///
    /// - Throws: `UsageError` if the value contains a password; `FileError` or `Failure` if it names a file that can't
    ///   be read or does not have exactly one line, apart from empty ones.
    static func url(_ text: String, of option: String) throws -> Secret {
        let scheme = "file:"
        if text.hasPrefix(scheme) {
            let path = String(text.dropFirst(scheme.count))
            let content = String(decoding: try File.read(path), as: UTF8.self)
            let lines = content.split(whereSeparator: \.isNewline).map { $0.filter { $0 != " " && $0 != "\t" } }
            guard lines.count == 1, let url = lines.first, !url.isEmpty else {
                throw Failure("\(path) must contain exactly one line, the URL of a database")
            }
            return Secret(url)
        }
        guard !holdsPassword(text) else {
            throw UsageError(
                """
                \(option) contains a password, which every user of this machine can read in the process list; put the \
                URL into a file that only you can read, and write \(option) file:PATH, or set DATABASE_URL in .dev.vars
                """)
        }
        return Secret(text)
    }

    /// Returns true if a URL has a password in its authority (RFC 3986 §3.2.1) or among libpq's parameters.
    static func holdsPassword(_ text: String) -> Bool {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parameters = parts.dropFirst().first?.split(whereSeparator: { $0 == "&" || $0 == ";" }) ?? []
        if parameters.contains(where: { $0.hasPrefix("password=") || $0.hasPrefix("sslpassword=") }) { return true }
        guard let scheme = parts.first?.cut(at: ":"), scheme.behind.hasPrefix("//") else { return false }
        return scheme.behind.cut(atLast: "@")?.before.contains(":") ?? false
    }
}
