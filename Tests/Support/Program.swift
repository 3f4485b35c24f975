public import CSystem
import Foundation

/// A program that a test runs with descriptors of its choice, without a shell in between. If the program has not ended
/// when the last reference is released, its process group is killed.
public final class Program {
    /// A program did not start, failed or did not finish a step in time, or a socket could not be used.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The process id.
    public let id: pid_t
    private var status: Int32?

    /// Starts a program. `descriptors` become its descriptors 0, 1, 2 …; -1 means /dev/null. A memory limit of 0 means
    /// no limit.
    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String], descriptors: [Int32],
        memoryBytes: UInt64 = 0
    ) throws {
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0 + "=" + $1) } + [nil]
        defer { for text in words + variables { free(text) } }
        id = path.withCString { path in
            words.withUnsafeMutableBufferPointer { words in
                variables.withUnsafeMutableBufferPointer { variables in
                    var how = csystem_spawn(
                        path: path, arguments: words.baseAddress, environment: variables.baseAddress,
                        descriptors: nil, descriptor_count: Int32(descriptors.count),
                        memory_bytes: memoryBytes)
                    return descriptors.withUnsafeBufferPointer { numbers in
                        how.descriptors = numbers.baseAddress
                        return csystem_spawn(&how)
                    }
                }
            }
        }
        guard id > 0 else { throw Failure(description: "\(path): \(String(cString: strerror(-id)))") }
    }

    deinit {
        guard status == nil else { return }
        kill(-id, SIGKILL)
        waitpid(id, nil, 0)
    }

    /// Sends a signal, unless the program is known to have ended.
    public func send(_ signal: Int32) { if status == nil { kill(id, signal) } }

    /// Waits for the program's end: returns the exit status, or 128 plus the signal's number; nil if it does not end in
    /// time.
    public func waitForEnd(seconds: Double = 10) -> Int32? {
        _ = poll(seconds: seconds) {
            var ended: Int32 = 0
            if status == nil, waitpid(id, &ended, WNOHANG) == id { status = csystem_exit_status(ended) }
            return status != nil
        }
        return status
    }
}

/// A program with a pipe at each of its three standard descriptors.
public final class PipedProgram {
    /// The process.
    public let program: Program
    /// The part of the program's output that was read so far.
    public private(set) var output: [UInt8] = []
    /// The part of the program's standard error that was read so far.
    public private(set) var errors: [UInt8] = []

    private var input: Pipe
    private var pipes: (output: Pipe, errors: Pipe)
    private var rest: ArraySlice<UInt8>
    private let end: Date
    private let keepsInput: Bool

    /// Starts a program that gets `input`, with `seconds` for all of its work. Its standard input is closed after
    /// `input`, unless `keepsInput` is true.
    public init(
        _ path: String, arguments: [String] = [], environment: [String: String], input bytes: [UInt8] = [],
        keepsInput: Bool = false, seconds: Double = 20, memoryBytes: UInt64 = 0
    ) throws {
        signal(SIGPIPE, SIG_IGN)
        let (input, output, errors) = (try Pipe(), try Pipe(), try Pipe())
        program = try Program(
            path, arguments, environment: environment,
            descriptors: [input.readEnd.number, output.writeEnd.number, errors.writeEnd.number],
            memoryBytes: memoryBytes)
        input.readEnd.close()
        output.writeEnd.close()
        errors.writeEnd.close()
        self.input = input
        pipes = (output, errors)
        rest = bytes[...]
        self.keepsInput = keepsInput
        end = Date(timeIntervalSinceNow: seconds)
        csystem_set_nonblocking(input.writeEnd.number)
    }

    /// Writes the program's input to its end, and closes it. Fails if `keepsInput` is true.
    public func finishInput() throws { try pump { input.writeEnd.isClosed } }

    /// Writes the program's input and reads its output until the program closes its standard output.
    public func finishOutput() throws { try pump { pipes.output.readEnd.isClosed } }

    /// Reads the program's output until a line begins with `beginning`; returns that line.
    public func line(beginningWith beginning: String) throws -> String {
        var line: Substring?
        try pump {
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            line = lines.dropLast().first { $0.hasPrefix(beginning) }
            return line != nil || pipes.output.readEnd.isClosed
        }
        guard let line else {
            throw Program.Failure(description: "no \(beginning): \(String(decoding: errors, as: UTF8.self))")
        }
        return String(line)
    }

    /// Reads the program's standard error until a line contains `text`; returns that line.
    public func errorLine(containing text: String) throws -> String {
        var line: Substring?
        try pump {
            let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            line = lines.dropLast().first { $0.contains(text) }
            return line != nil || pipes.errors.readEnd.isClosed
        }
        guard let line else {
            throw Program.Failure(description: "no \(text): \(String(decoding: errors, as: UTF8.self))")
        }
        return String(line)
    }

    /// Reads the program's outputs and waits for its end; returns its exit status, or 128 plus the signal's number.
    public func waitForEnd() throws -> Int32 {
        try pump { pipes.output.readEnd.isClosed && pipes.errors.readEnd.isClosed }
        guard let status = program.waitForEnd(seconds: end.timeIntervalSinceNow) else { throw Self.hangs }
        return status
    }

    private static let hangs = Program.Failure(description: "the program does not end")

    private func pump(until isDone: () -> Bool) throws {
        while true {
            if rest.isEmpty && !keepsInput { input.writeEnd.close() }
            if isDone() { return }
            var entries = [
                pollfd(fd: input.writeEnd.number, events: rest.isEmpty ? 0 : Int16(POLLOUT), revents: 0),
                pollfd(fd: pipes.output.readEnd.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipes.errors.readEnd.number, events: Int16(POLLIN), revents: 0),
            ]
            guard Glibc.poll(&entries, 3, Int32(max(0, end.timeIntervalSinceNow) * 1_000)) > 0 else { throw Self.hangs }
            if entries[0].revents != 0 {
                let count = rest.withUnsafeBytes { write(input.writeEnd.number, $0.baseAddress, $0.count) }
                // A program that has read enough may ignore the rest.
                rest = count > 0 ? rest.dropFirst(count) : []
            }
            if entries[1].revents != 0 { pipes.output.readEnd.read(into: &output) }
            if entries[2].revents != 0 { pipes.errors.readEnd.read(into: &errors) }
        }
    }
}

/// A pipe whose ends close when their last references are released.
struct Pipe {
    /// One end of a pipe.
    final class End {
        private(set) var number: Int32
        var isClosed: Bool { number < 0 }

        init(_ number: Int32) { self.number = number }
        deinit { close() }

        func close() {
            if number >= 0 { Glibc.close(number) }
            number = -1
        }

        func read(into bytes: inout [UInt8]) {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.read(number, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] } else { close() }
        }
    }

    let readEnd: End
    let writeEnd: End

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else { throw Program.Failure(description: "no pipe") }
        readEnd = End(ends[0])
        writeEnd = End(ends[1])
    }
}
