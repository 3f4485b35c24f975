import Base

/// The contents of dev.json in the state folder, for scripts: the URL of the API, tokens and keys. The file has mode
/// 0600.
struct DevState {
    var url: String
    var workspaceID: String
    /// A session token for each role that a member of the demonstration workspace has. Each start, and each changed
    /// configuration, issues new ones.
    var tokens: [String: String]
    /// The bearer token for the runner's own paths, /cdn-cgi/*. Each start makes a new one.
    var localToken: String
    /// The API keys of the demonstration workspace by scope, `read` and `write`.
    var apiKeys: [String: String]
    /// The address of the developer console, with its token; nil if there is none. Each start makes a new token.
    var consoleURL: String?

    /// Returns the API keys of an earlier start by scope, or none if the file at `path` does not have them.
    static func apiKeys(in path: String) -> [String: String] {
        guard let bytes = try? File.read(path), let state = try? JSON(parsing: bytes) else { return [:] }
        return state["apiKeys"]?.object?.compactMapValues(\.string) ?? [:]
    }

    /// Writes the file.
    func write(to path: String) throws(FileError) {
        var state: [String: JSON] = [
            "url": .string(url), "workspaceId": .string(workspaceID),
            "tokens": .object(tokens.mapValues(JSON.string)), "localToken": .string(localToken),
            "apiKeys": .object(apiKeys.mapValues(JSON.string)),
        ]
        if let consoleURL { state["consoleUrl"] = .string(consoleURL) }
        try File.write(path, JSONWriter.bytes(JSON.object(state)) + [UInt8(ascii: "\n")], mode: 0o600)
    }
}
