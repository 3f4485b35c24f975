import Base

/// The latest lines of the runner's log, for the console.
///
/// Lines are kept only while a page of the console is open, so that a runner without such a page does no work for it.
/// Only the last error of each function is always kept.
final class RecentLines {
    /// The time, in microseconds, for which lines are kept after a page has read data of the console.
    private static let interest = 60_000_000
    private static let mostLines = 1_000
    private static let mostBytes = 1 << 20

    /// A line of the log, as JSON, and its number. The first line has number 1.
    private struct Line {
        let number: Int
        let json: [UInt8]
    }

    /// A function's answer with a status of 500 or above.
    struct Failure {
        let time: Timestamp
        /// The method and the path of the request, or the schedule.
        let line: String
        let status: Int
        let requestID: String
    }

    /// The last failure of each function that has had one.
    private(set) var failures: [String: Failure] = [:]
    private var lines: [Line] = []
    private var byteCount = 0
    private var lastNumber = 0
    private var watchedUntil = 0

    /// Keeps lines from now on, for a minute. Called when a page reads data of the console.
    func noteReader() { watchedUntil = EventLoop.now + Self.interest }

    /// True if a page has read data recently.
    var isWatched: Bool { watchedUntil > EventLoop.now }

    /// Keeps a request's line, or the line of a run of a schedule.
    func note(_ request: RunnerLog.Request) {
        if request.status >= 500, !request.function.isEmpty {
            failures[request.function] = Failure(
                time: .now, line: String(decoding: request.line, as: UTF8.self), status: request.status,
                requestID: String(decoding: request.id, as: UTF8.self))
        }
        if isWatched { append(RunnerLog.json(request)) }
    }

    /// Keeps a line. Removes the oldest lines if there are too many.
    func append(_ json: [UInt8]) {
        guard json.count <= Self.mostBytes / 16 else { return }
        lastNumber += 1
        lines.append(Line(number: lastNumber, json: json))
        byteCount += json.count
        guard lines.count > Self.mostLines || byteCount > Self.mostBytes else { return }
        // Removes a quarter at once, because each removal moves all others.
        var surplus = 0
        for line in lines {
            guard lines.count - surplus > Self.mostLines / 4 * 3 || byteCount > Self.mostBytes / 4 * 3 else { break }
            byteCount -= line.json.count
            surplus += 1
        }
        lines = Array(lines.dropFirst(surplus))
    }

    /// Returns the selected lines after the one with the number `number`, as JSON: `lines`, and `next`, the number to
    /// ask with the next time. `skipped` is the number of lines in between that are no longer kept.
    func page(after number: Int, _ selection: LogSelection) -> [UInt8] {
        // A page that stayed open while the runner was started again has a number that does not exist yet.
        let start = (0...lastNumber).contains(number) ? number : 0
        let new = lines.drop { $0.number <= start }
        let selected = new.filter { line in
            selection.isEverything || (try? JSON(parsing: line.json)).map(selection.selects) == true
        }
        let skipped = start == 0 ? 0 : max(0, (new.first?.number ?? lastNumber + 1) - start - 1)
        let head = "{\"next\":\(lastNumber),\"skipped\":\(skipped),\"lines\":["
        return Array(head.utf8) + selected.map(\.json).joined(separator: [UInt8(ascii: ",")]) + Array("]}".utf8)
    }
}
