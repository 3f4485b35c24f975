import Base

/// The message that `dev` prints when it has begun to listen.
struct Announcement {
    let state: DevState
    /// The path of dev.json.
    let file: String
    let address: ListenAddress

    /// Prints the message: in the text format on a terminal, with everything needed to try the API; otherwise as a log
    /// line, without tokens and keys, which are in the file. Logs a warning if other machines can reach the address.
    func make(_ format: RunnerLog.Format, isTerminal: Bool, log: RunnerLog) throws(FileError) {
        if format == .text, isTerminal {
            try Terminal.say(text)
        } else {
            let console = state.consoleURL == nil ? "" : ", and the address of the console"
            log.write("listening on \(state.url); tokens and keys\(console) are in \(file)", level: .info)
        }
        if !address.isLoopback {
            log.write(
                "\(address.authority) accepts connections from other machines, without encryption; "
                    + "--ip 127.0.0.1 accepts them from this machine only")
        }
        log.flush()
    }

    /// The address, curl commands to try, and if there are any, an API key and a command with a session token.
    var text: String {
        let key = state.apiKeys["read"]
        var lines = ["Listening on \(state.url)", ""]
        if let console = state.consoleURL { lines.append("Console:              \(console)") }
        if let key { lines.append("API key (read):       \(key)") }
        lines += ["All keys and tokens:  \(file)", "", "Try:", curl("/api/health", nil)]
        if let key {
            lines += ["risk-score", "findings?severity=critical,high&limit=3", "posture-summary"].map {
                curl("/api/mcp/\($0)", key)
            }
        }
        if state.tokens["admin"] != nil {
            // A session token has hundreds of characters, so the command takes it from the file.
            lines += [
                "  TOKEN=$(sed 's/.*\"admin\":\"\\([^\"]*\\)\".*/\\1/' '\(file)')",
                "  curl -H \"Authorization: Bearer $TOKEN\" "
                    + "'\(state.url)/api/api-keys?workspaceId=\(state.workspaceID)'",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func curl(_ target: String, _ credential: String?) -> String {
        let header = credential.map { " -H 'Authorization: Bearer \($0)'" } ?? ""
        return "  curl\(header) '\(state.url)\(target)'"
    }
}
