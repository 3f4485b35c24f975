import CComponents

/// The libraries that are linked into this executable, as `--version` lists them.
public enum Components {
    /// One line for each library: its name, its release if that is known, and in parentheses the version of the
    /// distribution's package, if the build was told it.
    ///
    ///     OpenSSL 3.0.19 (package 3.0.19-1~deb12u2)
    public static var lines: [String] {
        var packages: [Substring: Substring] = [:]
        for pair in String(cString: ccomponents_packages()).split(separator: " ") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { packages[parts[0]] = parts[1] }
        }
        var lines: [String] = []
        var component = ccomponents_get(0)
        while let name = component.name.map({ String(cString: $0) }) {
            let release = component.version.map { " " + String(cString: $0) } ?? ""
            lines.append(name + release + (packages[Substring(name)].map { " (package \($0))" } ?? ""))
            component = ccomponents_get(Int32(clamping: lines.count))
        }
        return lines
    }
}
