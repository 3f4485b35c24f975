import Base
import Glibc

extension Verb {
    static let mcp = Verb(
        "mcp", "Serves the Model Context Protocol on standard input and output.",
        details: """
            For AI tools that start their servers themselves. Each line on standard input is one message, and gets at
            most one line on standard output. Without --url, the messages are answered here, with the configuration's
            database. With --url, they are sent to a server. The API key is the value of THALIAN_API_KEY or, without
            --url, the demonstration workspace's key with the scope write, which local-runner dev makes.
            """,
        options: [
            Option("--url", "URL", "the server, such as https://app.thalian.ai; http only for this machine")
        ] + Option.configuration
    ) { arguments in
        let key = Environment.process["THALIAN_API_KEY"].map { Secret($0) }
        let endpoint: any MessageEndpoint
        if let url = arguments["--url"] {
            guard let key else { throw UsageError("--url needs an API key in the variable THALIAN_API_KEY") }
            endpoint = try RemoteEndpoint(url, key)
        } else {
            endpoint = try LocalEndpoint(try Project(arguments), key)
        }
        var bridge = MessageBridge(endpoint)
        var lines = LineReader(STDIN_FILENO)
        while let line = try lines.next() {
            if let answer = bridge.answer(to: line) { try Terminal.write(answer) }
        }
        return 0
    }
}

/// Reads lines from a descriptor.
struct LineReader {
    /// The length of the longest line, in bytes.
    static let longest = 16 << 20

    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var hasEnded = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Returns the next line without its line break; nil after the last one.
    mutating func next() throws -> [UInt8]? {
        var searched = 0
        while true {
            if let end = bytes.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(bytes.prefix(end))
                bytes = Array(bytes.dropFirst(end + 1))
                return line
            }
            searched = bytes.count
            guard searched <= Self.longest else {
                throw Failure("a line on standard input is longer than \(Self.longest) bytes")
            }
            if hasEnded {
                defer { bytes = [] }
                return bytes.isEmpty ? nil : bytes
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes += chunk.prefix(count)
            } else if count == 0 {
                hasEnded = true
            } else if errno != EINTR {
                throw FileError(path: "standard input", code: errno)
            }
        }
    }
}
