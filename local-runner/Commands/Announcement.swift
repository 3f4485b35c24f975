import Base

/// What `dev` says once it listens.
struct Announcement {
    let state: DevState
    /// The path of dev.json.
    let file: String

    /// One JSON object on a line, without tokens and keys: those are in the file.
    var json: String {
        let line: JSON = ["message": "listening", "url": .string(state.url), "state": .string(file)]
        return String(decoding: JSONWriter.bytes(line), as: UTF8.self)
    }

    /// The address, a session token and an API key to try, and lines for curl.
    var text: String {
        let token = state.tokens["admin"], key = state.apiKeys["read"]
        var lines = ["Listening on \(state.url)", ""]
        if let token { lines.append("Session token (admin): \(token)") }
        if let key { lines.append("API key (read):        \(key)") }
        lines += ["All of them:           \(file)", "", "Try:", curl("/api/health", nil)]
        if let key {
            lines += ["risk-score", "findings?severity=critical,high&limit=3", "posture-summary"].map {
                curl("/api/mcp/\($0)", key)
            }
        }
        if let token { lines.append(curl("/api/api-keys?workspaceId=\(state.workspaceID)", token)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func curl(_ target: String, _ credential: String?) -> String {
        let header = credential.map { " -H 'Authorization: Bearer \($0)'" } ?? ""
        return "  curl\(header) '\(state.url)\(target)'"
    }
}
