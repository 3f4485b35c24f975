import Base

/// What `dev` says once it listens.
struct Announcement {
    let state: DevState
    /// The path of dev.json.
    let file: String
    let address: ListenAddress

    /// Says it: to people on a terminal, with what they need to try the API; elsewhere as a line of the log, without tokens
    /// and keys, which are in the file.
    func make(_ format: RunnerLog.Format, isTerminal: Bool, log: RunnerLog) {
        if format == .text, isTerminal {
            Terminal.say(text)
        } else {
            log.write("listening on \(state.url); tokens and keys are in \(file)", level: .info)
        }
        if !address.isLoopback {
            log.write(
                "\(address.authority) is open to other machines, and what is sent there is not encrypted; "
                    + "--ip 127.0.0.1 is for this machine alone")
        }
        log.flush()
    }

    /// The address, a session token and an API key to try, and lines for curl.
    private var text: String {
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
