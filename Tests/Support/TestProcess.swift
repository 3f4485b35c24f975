public import Foundation

/// A program that a test runs in the background. It is killed when the last reference is released.
public final class TestProcess {
    private let process = Process()

    /// The process id.
    public var id: pid_t { process.processIdentifier }

    /// Starts a program; both outputs are written to the file `log`.
    public init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: String)
        throws
    {
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit { if process.isRunning { send(SIGKILL) } }

    /// True until the program has ended.
    public var isRunning: Bool { process.isRunning }

    /// Sends a signal.
    public func send(_ signal: Int32) { kill(id, signal) }

    /// Waits for the program's end: returns the exit status, or 128 plus the signal's number; nil if it does not end in
    /// time.
    public func waitForEnd(seconds: Double = 10) -> Int32? {
        guard poll(seconds: seconds, { !process.isRunning }) else { return nil }
        return process.terminationReason == .exit
            ? process.terminationStatus : 128 + process.terminationStatus
    }
}

/// Checks `condition` repeatedly until it is true; returns false if it is still false after `seconds`.
public func poll(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while try !condition() {
        if Date() > end { return false }
        usleep(2_000)
    }
    return true
}

/// Data about processes from /proc.
public enum ProcessTable {
    /// Returns all descendants of the process `parent`.
    public static func descendants(of parent: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = pid_t(name), let fields = fields(id), fields.count > 1, let of = pid_t(fields[1])
            else { continue }
            children[of, default: []].append(id)
        }
        var found: [pid_t] = []
        var next = [parent]
        while let id = next.popLast() {
            found += children[id] ?? []
            next += children[id] ?? []
        }
        return found
    }

    /// Returns true if the process is alive; a zombie is not.
    public static func isAlive(_ id: pid_t) -> Bool { fields(id).map { $0.first != "Z" } ?? false }

    /// Returns the memory that the process holds (VmRSS), in KiB.
    public static func residentKilobytes(_ id: pid_t) -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
            ?? line.flatMap { Int($0.filter(\.isNumber)) }
    }

    /// Returns state, parent and so on: the fields after the name in /proc/ID/stat.
    private static func fields(_ id: pid_t) -> [Substring]? {
        let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return text?.split(separator: ")").last?.split(separator: " ")
    }
}
