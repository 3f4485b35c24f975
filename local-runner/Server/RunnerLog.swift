import Base
import Glibc
import HTTP

/// The log of the runner: a line for each request, followed by the lines that its function wrote, and lines of the
/// runner itself. They are collected, and written at the end of each turn of the loop or once more than 64 KiB wait.
///
/// In the JSON format each line is an object with `time`, `level` and `message`, and if they apply `request_id`,
/// `client`, `function`, `method`, `path`, `status` and `duration_ms`. Lines of functions that already have this form
/// are copied unchanged.
///
/// The runner does not wait for the reader of the log, except for a moment at its end. If the buffer is full, lines are
/// dropped, and as soon as possible the log states their number.
final class RunnerLog {
    enum Format: String, CaseIterable {
        /// For people; usually coloured on a terminal.
        case text
        /// One JSON object for each line.
        case json
    }

    /// A request that has been answered or abandoned, or a finished run of a scheduled function.
    struct Request {
        /// The method and path, with a space between them; for a scheduled function, CRON and the cron expression.
        let line: [UInt8]
        let status: Int
        /// The duration in microseconds.
        let duration: Int
        /// The function's name; empty if no function was found for the request.
        let function: String
        let id: [UInt8]
        /// The client's address; empty if there is no client.
        let client: [UInt8]
    }

    /// The status in the log for a request whose client left before the end of the response.
    static let clientGone = 499
    /// Lines are dropped while at least this number of bytes waits to be written.
    private static let maximumWaiting = 1 << 20

    private let output: LogOutput
    private let format: Format
    private let isColoured: Bool
    private var waiting: [UInt8] = []
    /// The number of bytes of `waiting` that have been written.
    private var written = 0
    private var dropped = 0
    /// True if the output had no room for waiting bytes.
    private(set) var isBlocked = false
    /// Gets each line too, as JSON; nil if there is no console.
    var recent: RecentLines?
    private var second = Timestamp(seconds: -1)
    private var secondText: [UInt8] = []

    /// Creates a log that writes to `descriptor`. Lines in the text format are coloured on a terminal, unless NO_COLOR
    /// is not empty (no-color.org) or TERM is `dumb`.
    init(
        descriptor: Int32 = STDERR_FILENO, format: Format = .text,
        environment: [String: String] = Configuration.processEnvironment
    ) {
        output = LogOutput(descriptor)
        self.format = format
        let wantsNone = !environment["NO_COLOR", default: ""].isEmpty || environment["TERM"] == "dumb"
        isColoured = format == .text && isatty(descriptor) == 1 && !wantsNone
    }

    /// Logs a request and the lines that its function wrote on standard error.
    func write(_ request: Request, lines: [[UInt8]]) {
        recent?.note(request)
        if hasRoom() {
            switch format {
            case .text: writeText(request)
            case .json: append(Self.json(request))
            }
        }
        for line in lines { write(line, function: request.function) }
    }

    /// Logs a line that a function wrote on standard error.
    func write(_ line: [UInt8], function: String) {
        if let recent, recent.isWatched { recent.append(Self.json(line, function: function)) }
        guard hasRoom() else { return }
        switch format {
        case .text:
            waiting.append("    ")
            waiting.append(contentsOf: function.utf8)
            waiting.append(": ")
            waiting.append(contentsOf: String(decoding: line, as: UTF8.self).harmless.utf8)
            endLine()
        case .json: append(Self.json(line, function: function))
        }
    }

    /// Logs a message of the runner itself. `request` is the id of the request that the message is about. Only the JSON
    /// format shows `level` and `function`.
    func write(_ message: String, level: Log.Level = .warning, function: String? = nil, request: String? = nil) {
        let json = {
            Self.json(level: level.rawValue, message: message) { json in
                json.field("request_id", ifPresent: request)
                json.field("function", ifPresent: function)
            }
        }
        if let recent, recent.isWatched { recent.append(json()) }
        guard hasRoom() else { return }
        switch format {
        case .text:
            appendTime()
            waiting.append(contentsOf: message.harmless.utf8)
            if let request {
                waiting.append(ASCII.space)
                waiting.append(contentsOf: request.utf8)
            }
            endLine()
        case .json: append(json())
        }
    }

    /// Writes waiting bytes as far as there is room. All other methods, except `finish`, collect bytes, and write only
    /// if more than 64 KiB wait.
    func flush() {
        var hasWritten = false
        var reported = 0
        while written < waiting.count {
            switch waiting.withUnsafeBytes({ output.write(UnsafeRawBufferPointer(rebasing: $0.dropFirst(written))) }) {
            case .written(let length):
                written += length
                hasWritten = true
            case .full:
                isBlocked = true
                // Frees the written part of the buffer, so that it does not grow if a slow reader never empties it.
                if written > Self.maximumWaiting / 4 { compact() }
                return
            case .failed:
                dropped += reported > 0 ? reported : waiting.dropFirst(written).count { $0 == ASCII.lineFeed }
                (written, hasWritten) = (waiting.count, false)
            }
            guard written == waiting.count else { continue }
            waiting.removeAll(keepingCapacity: waiting.capacity <= 1 << 17)
            (written, isBlocked) = (0, false)
            if dropped > 0, hasWritten {
                (reported, dropped) = (dropped, 0)
                write("\(reported) log lines were dropped because standard error was not read fast enough")
            }
        }
    }

    /// Writes waiting bytes at the end of the process. A slow reader gets a moment, at most a second, to make room.
    func finish() {
        flush()
        for _ in 0..<20 where isBlocked {
            guard output.hasRoom(milliseconds: 50) else { return }
            flush()
        }
    }

    /// Returns true if there is room for another line. Otherwise counts the line as dropped.
    private func hasRoom() -> Bool {
        if waiting.count - written < Self.maximumWaiting { return true }
        dropped += 1
        return false
    }

    private func compact() {
        waiting = Array(waiting.dropFirst(written))
        written = 0
    }

    private func endLine() {
        waiting.append(ASCII.lineFeed)
        if waiting.count - written > 1 << 16, !isBlocked { flush() }
    }

    /// Returns true if a line is a JSON object with the members that every log line has, as strings.
    private static func isOfSchema(_ line: [UInt8]) -> Bool {
        guard line.first == UInt8(ascii: "{"), let json = try? JSON(parsing: line) else { return false }
        return ["time", "level", "message"].allSatisfy { json[$0]?.string != nil }
    }

    /// Writes a line such as: 12:30:00 127.0.0.1 GET /api/health 200 1.2ms api-health 7d3c2f0e-…
    private func writeText(_ request: Request) {
        appendTime()
        if !request.client.isEmpty {
            waiting.append(contentsOf: request.client)
            waiting.append(ASCII.space)
        }
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

    private func append(_ json: [UInt8]) {
        waiting.append(contentsOf: json)
        endLine()
    }

    /// Returns a request's line as JSON.
    static func json(_ request: Request) -> [UInt8] {
        let parts = request.line.split(separator: ASCII.space, maxSplits: 1)
        return json(level: request.status < 500 ? "info" : "error", message: "request") { json in
            json.field("request_id", String(decoding: request.id, as: UTF8.self))
            if !request.client.isEmpty { json.field("client", String(decoding: request.client, as: UTF8.self)) }
            json.field("function", ifPresent: request.function.isEmpty ? nil : request.function)
            json.field("method", parts.first.map { String(decoding: $0, as: UTF8.self) })
            json.field("path", parts.dropFirst().first.map { String(decoding: $0, as: UTF8.self) })
            json.field("status", request.status)
            json.field("duration_ms", Double(request.duration / 100) / 10)
        }
    }

    /// Returns a function's line as JSON: unchanged if it already has the form of the log's lines.
    private static func json(_ line: [UInt8], function: String) -> [UInt8] {
        if isOfSchema(line) { return line }
        return json(level: "info", message: String(decoding: line, as: UTF8.self)) { json in
            json.field("function", function)
        }
    }

    private static func json(level: String, message: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("time", Timestamp.now)
            json.field("level", level)
            json.field("message", message)
            body(&json)
        }
        return Array(json.bytes)
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
