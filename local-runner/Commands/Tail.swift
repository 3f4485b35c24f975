import Base
import CSystem
import Glibc

extension Verb {
    static let tail = Verb(
        "tail", operands: "[FILE]", "Shows lines of the runner's log that filters select.",
        details: """
            The log is what dev, serve and work write with --format json. It is read from FILE, or from standard input
            if there is none. All filters must hold. Lines that are not of this form are shown only without filters.
            """,
        options: [
            Option("--function", "NAME", "only lines of this function; may be given several times"),
            Option("--level", "LEVEL", "only this level and above: info, warning, error", words: Log.Level.all),
            Option("--request", "ID", "only lines of the request with this id"),
            Option("--workspace", "UUID", "only lines that name this workspace"),
            Option("--status", "STATUS", "only requests with this status, such as 404 or 5xx"),
            Option("--follow", nil, "also show lines that are added to the file later, or to a file that replaces it"),
            Option(
                "--format", "FORMAT", "text or json; default: text", words: RunnerLog.Format.allCases.map(\.rawValue)),
        ]
    ) { arguments in
        guard arguments.operands.count <= 1 else { throw UsageError("name one file at most") }
        var selection = LogSelection(functions: arguments.all("--function"))
        selection.level = try arguments.word("--level", of: Log.Level.all).flatMap(Log.Level.init)
        selection.request = arguments["--request"]
        selection.workspace = try arguments.identifier("--workspace")?.description
        if let text = arguments["--status"] {
            guard let statuses = LogSelection.statuses(text) else {
                throw UsageError("--status \(text): must be a status such as 404, or a class of them such as 5xx")
            }
            selection.statuses = statuses
        }
        let format = try arguments.word("--format", of: RunnerLog.Format.allCases.map(\.rawValue))
        let path = arguments.operands.first.flatMap { $0 == "-" ? nil : $0 }
        if arguments.has("--follow"), path == nil { throw UsageError("--follow needs a file") }
        var (isJSON, isOther) = (false, false)
        let show = { (line: ArraySlice<UInt8>) throws(FileError) in
            let text = String(decoding: line, as: UTF8.self)
            if let json = try? JSON(parsing: Array(line)), json.object != nil {
                isJSON = true
                guard selection.selects(json) else { return }
                if format == "json" { try Terminal.write(text) } else { try Terminal.say(LogSelection.text(json)) }
            } else if selection.isEverything {
                try Terminal.say(text)
            } else {
                isOther = true
            }
        }
        var reader = try LogReader(path)
        try reader.read(show)
        if isOther, !isJSON {
            Terminal.printError("No line is JSON, so filters select none. Write the log with --format json.")
        }
        while arguments.has("--follow") {
            usleep(200_000)
            try reader.readMore(show)
        }
        try reader.finish(show)
        return 0
    }
}

/// Reads the lines of a file, or of standard input.
private struct LogReader {
    /// The length in bytes above which the beginning of an unfinished line is dropped.
    private static let longestLine = 1 << 20

    private let path: String?
    private var descriptor: Int32
    private var rest: [UInt8] = []

    /// Opens the file at `path`, or standard input if `path` is nil.
    init(_ path: String?) throws(FileError) {
        self.path = path
        descriptor = try path.map { path throws(FileError) in try Self.open(path) } ?? STDIN_FILENO
    }

    private static func open(_ path: String) throws(FileError) -> Int32 {
        let descriptor = csystem_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        return descriptor
    }

    /// Calls `body` with each complete line up to the end. Leaves out empty lines, and drops the beginning of an
    /// unfinished line that is longer than `longestLine`.
    mutating func read(_ body: (ArraySlice<UInt8>) throws(FileError) -> Void) throws(FileError) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let length = Glibc.read(descriptor, &chunk, chunk.count)
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { throw FileError(path: path ?? "standard input", code: errno) }
            if length == 0 { return }
            rest += chunk.prefix(length)
            var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = lines.popLast().map { Array($0) } ?? []
            for line in lines where !line.isEmpty { try body(line) }
            if rest.count > Self.longestLine { rest = [] }
        }
    }

    /// Reads the lines that were added. If the file was replaced or shortened, reads the file that is now at the path
    /// from its beginning.
    mutating func readMore(_ body: (ArraySlice<UInt8>) throws(FileError) -> Void) throws(FileError) {
        try read(body)
        guard let path else { return }
        var (own, named) = (stat(), stat())
        guard fstat(descriptor, &own) == 0, stat(path, &named) == 0 else { return }
        let isReplaced = own.st_ino != named.st_ino || own.st_dev != named.st_dev
        guard isReplaced || named.st_size < lseek(descriptor, 0, SEEK_CUR) else { return }
        try finish(body)
        let next = try Self.open(path)
        close(descriptor)
        descriptor = next
        try read(body)
    }

    /// Calls `body` with the unfinished line at the end, if there is one.
    mutating func finish(_ body: (ArraySlice<UInt8>) throws(FileError) -> Void) throws(FileError) {
        if !rest.isEmpty { try body(rest[...]) }
        rest = []
    }
}
