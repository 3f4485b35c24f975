import Base

/// Secrets and other values for local development, from the file .dev.vars in the folder of the configuration.
struct DevVars {
    /// The values by name.
    var values: [String: Secret] = [:]

    /// Returns the name of the file for an environment. If that is .dev.vars.NAME, the file .dev.vars is not read.
    static func fileName(environment: String?) -> String {
        environment.map { ".dev.vars." + $0 } ?? ".dev.vars"
    }

    /// Reads the file. A missing file has no values. Throws `ConfigurationError` or `FileError`.
    static func read(_ path: String) throws -> DevVars {
        guard let bytes = try File.readIfPresent(path) else { return DevVars() }
        var parser = DevVarsParser(bytes)
        return DevVars(values: try parser.parse(file: path))
    }

    /// Creates the file at `path` with these secrets. Secrets for which a random value will do get one. The others
    /// become comments to fill in.
    static func create(_ path: String, secrets: [String]) throws(FileError) {
        var text = """
            # Secrets for local development: KEY=VALUE lines, read when the runner starts. Keep this file out of
            # version control. These values win over "vars"; the process's environment wins over them.

            """
        for name in secrets {
            text += isGenerated(name) ? "\(name)=\(randomValue(of: name))\n" : "# \(name)= issued by its provider\n"
        }
        try File.write(path, Array(text.utf8), mode: 0o600)
    }

    /// Returns true if a random value will do for local work. The end of the name decides: _SECRET or _KEY, but not
    /// _API_KEY, _SECRET_KEY or _ACCESS_KEY, which providers issue.
    static func isGenerated(_ name: String) -> Bool {
        guard name.hasSuffix("_SECRET") || name.hasSuffix("_KEY") else { return false }
        return !name.hasSuffix("_API_KEY") && !name.hasSuffix("_SECRET_KEY") && !name.hasSuffix("_ACCESS_KEY")
    }

    /// Returns a shell expression that makes a random value for a secret; an ellipsis if a random value won't do.
    static func example(of name: String) -> String {
        guard isGenerated(name) else { return "…" }
        return name == "CREDENTIALS_KEY" ? "k1:$(openssl rand -base64 32)" : "$(openssl rand -hex 32)"
    }

    /// Returns a random value for a secret: 256 bits in hexadecimal. CREDENTIALS_KEY is in base64 instead, after a key
    /// id, which tells it from the keys that replace it later.
    private static func randomValue(of name: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in generator.next() as UInt8 }
        return name == "CREDENTIALS_KEY" ? "k1:" + Base64.standard.encode(bytes) : Hex.encode(bytes)
    }
}
