import Base

/// The secrets of local development, from the file .dev.vars beside the configuration.
struct DevVars {
    /// The values by name.
    var values: [String: Secret] = [:]

    /// The name of the file for an environment: .dev.vars.NAME replaces .dev.vars, it does not add to it.
    static func fileName(environment: String?) -> String {
        environment.map { ".dev.vars." + $0 } ?? ".dev.vars"
    }

    /// Reads the file; an absent one has no values. Throws `ConfigurationError` or `FileError`.
    static func read(_ path: String) throws -> DevVars {
        guard let bytes = try File.readIfPresent(path) else { return DevVars() }
        var parser = DevVarsParser(bytes)
        return DevVars(values: try parser.parse(file: path))
    }

    /// Makes a new file for `secrets`, with fresh random values for those that are ours to choose. The others,
    /// which a provider issues, stand in it as comments to fill in.
    static func create(_ path: String, secrets: [String]) throws(FileError) {
        var text = """
            # Secrets of local development: KEY=VALUE lines, read when the runner starts. Not for version
            # control. What stands here wins over the process's environment and over "vars".

            """
        for name in secrets {
            text += isGenerated(name) ? "\(name)=\(randomValue(of: name))\n" : "# \(name)= issued by its provider\n"
        }
        try File.write(path, Array(text.utf8), mode: 0o600)
    }

    /// Whether any random value will do: our own signing secrets and encryption keys, by the ends of their
    /// names. API keys and a provider's SECRET_KEY are issued by others.
    static func isGenerated(_ name: String) -> Bool {
        guard name.hasSuffix("_SECRET") || name.hasSuffix("_KEY") else { return false }
        return !name.hasSuffix("_API_KEY") && !name.hasSuffix("_SECRET_KEY") && !name.hasSuffix("_ACCESS_KEY")
    }

    /// What a shell makes such a value with; an ellipsis for what others issue.
    static func example(of name: String) -> String {
        guard isGenerated(name) else { return "…" }
        return name == "CREDENTIALS_KEY" ? "k1:$(openssl rand -base64 32)" : "$(openssl rand -hex 32)"
    }

    /// 256 bits: in hexadecimal, or as an encryption key with its id in front, which tells it from those that follow it.
    private static func randomValue(of name: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in generator.next() as UInt8 }
        return name == "CREDENTIALS_KEY" ? "k1:" + Base64.standard.encode(bytes) : Hex.encode(bytes)
    }
}
