import Base

/// What dev.json in the state folder tells scripts: where the API is and what to call it with. Mode 0600.
struct DevState {
    var url: String
    var workspaceID: String
    /// A session token for each role. They are new at each start.
    var tokens: [String: String]
    /// The bearer token of callers of /cdn-cgi/*. It is new at each start.
    var localToken: String
    /// The demonstration workspace's keys by scope, `read` and `write`, made when it was seeded.
    var apiKeys: [String: String]

    /// The API keys of an earlier start; none when there is no readable file.
    static func apiKeys(in path: String) -> [String: String] {
        guard let bytes = try? File.read(path), let state = try? JSON(parsing: bytes) else { return [:] }
        return state["apiKeys"]?.object?.compactMapValues(\.string) ?? [:]
    }

    /// Writes the file.
    func write(to path: String) throws(FileError) {
        let state: JSON = [
            "url": .string(url), "workspaceId": .string(workspaceID),
            "tokens": .object(tokens.mapValues(JSON.string)), "localToken": .string(localToken),
            "apiKeys": .object(apiKeys.mapValues(JSON.string)),
        ]
        try File.write(path, JSONWriter.bytes(state) + [UInt8(ascii: "\n")], mode: 0o600)
    }
}
