import Base
import Glibc

/// What the runner reports: one line for each request, with the lines that the function wrote folded in under
/// it, and lines of its own. They are written once a round of the loop, all at once.
final class RunnerLog {
    enum Format: String, CaseIterable {
        /// For people; coloured on a terminal.
        case text
        /// One JSON object a line.
        case json
    }

    /// One request that has been answered, or given up.
    struct Request {
        /// Method and path, with a space between them.
        let line: [UInt8]
        let status: Int
        /// In microseconds.
        let duration: Int
        /// The function's name; empty when none was reached.
        let function: String
        let id: [UInt8]
    }

    /// The status in the line of a request whose client went before it had its answer.
    static let clientGone = 499

    private let descriptor: Int32
    private let format: Format
    private let isColoured: Bool
    private var waiting: [UInt8] = []
    private var second = Timestamp(seconds: -1)
    private var secondText: [UInt8] = []

    /// A log that writes to `descriptor`.
    init(descriptor: Int32 = STDERR_FILENO, format: Format = .text) {
        self.descriptor = descriptor
        self.format = format
        isColoured = format == .text && isatty(descriptor) == 1
    }

    /// A request, and what its function wrote on standard error.
    func write(_ request: Request, lines: [[UInt8]]) {
        switch format {
        case .text: writeText(request)
        case .json: writeJSON(request)
        }
        for line in lines { write(line, function: request.function) }
    }

    /// A line that a function wrote on standard error.
    func write(_ line: [UInt8], function: String) {
        switch format {
        case .text:
            waiting.append("    ")
            waiting.append(contentsOf: function.utf8)
            waiting.append(": ")
            // A terminal must not take what is in a line for orders.
            waiting.append(contentsOf: line.map { ASCII.isFieldContent($0) ? $0 : UInt8(ascii: "?") })
            endLine()
        case .json where line.first == UInt8(ascii: "{") && (try? JSON(parsing: line)) != nil:
            waiting.append(contentsOf: line)
            endLine()
        case .json:
            writeJSON { json in
                json.field("level", "info")
                json.field("function", function)
                json.field("message", String(decoding: line, as: UTF8.self))
            }
        }
    }

    /// A line of the runner's own.
    func write(_ message: String) {
        switch format {
        case .text:
            appendTime()
            waiting.append(contentsOf: message.utf8)
            endLine()
        case .json:
            writeJSON { json in
                json.field("level", "warning")
                json.field("message", message)
            }
        }
    }

    /// Writes what waits. Nothing is written before.
    func flush() {
        guard !waiting.isEmpty else { return }
        _ = File.write(descriptor, waiting[...])
        waiting.removeAll(keepingCapacity: waiting.capacity <= 1 << 20)
    }

    private func endLine() {
        waiting.append(ASCII.lineFeed)
        if waiting.count > 1 << 16 { flush() }
    }

    /// 12:30:00 GET /api/health 200 1.2ms api-health 7d3c2f0e-…
    private func writeText(_ request: Request) {
        appendTime()
        waiting.append(contentsOf: request.line)
        waiting.append(ASCII.space)
        if isColoured { waiting.append(Self.colour(request.status)) }
        waiting.append(decimal: request.status)
        if isColoured { waiting.append("\u{1B}[0m") }
        waiting.append(ASCII.space)
        waiting.append(decimal: request.duration / 1_000)
        waiting.append(UInt8(ascii: "."))
        waiting.append(decimal: request.duration / 100 % 10)
        waiting.append("ms ")
        if request.function.isEmpty {
            waiting.append("-")
        } else {
            waiting.append(contentsOf: request.function.utf8)
        }
        waiting.append(ASCII.space)
        waiting.append(contentsOf: request.id)
        endLine()
    }

    private func writeJSON(_ request: Request) {
        let parts = request.line.split(separator: ASCII.space, maxSplits: 1)
        writeJSON { json in
            json.field("method", parts.first.map { String(decoding: $0, as: UTF8.self) })
            json.field("path", parts.dropFirst().first.map { String(decoding: $0, as: UTF8.self) })
            json.field("status", request.status)
            json.field("durationMs", Double(request.duration / 100) / 10)
            json.field("function", ifPresent: request.function.isEmpty ? nil : request.function)
            json.field("requestId", String(decoding: request.id, as: UTF8.self))
        }
    }

    private func writeJSON(_ body: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.object { json in
            json.field("time", Timestamp.now)
            body(&json)
        }
        waiting.append(contentsOf: json.bytes)
        endLine()
    }

    private func appendTime() {
        let now = Timestamp.now
        if now != second {
            second = now
            secondText = Array(now.description.utf8.dropFirst(11).prefix(8)) + [ASCII.space]
        }
        waiting.append(contentsOf: secondText)
    }

    private static func colour(_ status: Int) -> StaticString {
        switch status {
        case ..<300: "\u{1B}[32m"
        case ..<400: "\u{1B}[36m"
        case ..<500: "\u{1B}[33m"
        default: "\u{1B}[31m"
        }
    }
}
