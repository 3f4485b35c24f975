import Base

/// The message that `dev` prints once it listens.
struct Announcement {
    let state: DevState
    /// The path of dev.json.
    let file: String
    let address: ListenAddress

    /// Prints the message: on a terminal, with everything needed to try the API; elsewhere as a log line, without
    /// tokens and keys, which are in the file.
    func make(_ format: RunnerLog.Format, isTerminal: Bool, log: RunnerLog) {
        if format == .text, isTerminal {
            Terminal.say(text)
        } else {
            log.write("listening on \(state.url); tokens and keys are in \(file)", level: .info)
        }
        if !address.isLoopback {
            log.write(
                "\(address.authority) accepts connections from other machines, without encryption;  "
                    + "--ip 127.0.0.1 accepts them from this machine only")
        }
        log.flush()
    }

    /// The address, a session token, an API key, and curl commands to try.
    private var text: String {
        let token = state.tokens["admin"], key = state.apiKeys["read"]
        var lines = ["Listening on \(state.url)", ""]
        if let token { lines.append("Session token (admin): \(token)") }
        if let key { lines.append("API key (read):        \(key)") }
        lines += ["All tokens and keys:    \(file)", "", "Try:", curl("/api/health", nil)]
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
