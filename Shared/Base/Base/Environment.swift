import CSystem
import Glibc

/// The environment variables of this process, or a given set of variables, and the id of the request that they are used
/// for.
public struct Environment: Sendable {
    // An optional dictionary would make each copy look up the metadata of a generic type at run time, for which Swift
    // searches all conformances of the program.
    private enum Variables: Sendable {
        case ofProcess
        case given([String: String])
    }

    private let variables: Variables
    /// The id of the request or scheduled run in progress, which its calls of providers state, and the audit entries of
    /// a member's or an API key's request. Nil if there is none.
    public private(set) var requestID: String?

    /// The variables of this process.
    public static let process = Environment(.ofProcess)

    /// Creates an environment with exactly the variables in `values`.
    public init(_ values: [String: String]) { self.init(.given(values)) }

    private init(_ variables: Variables) { self.variables = variables }

    /// Returns the same variables with the id of a request or scheduled run.
    public func of(request id: String) -> Environment {
        var environment = self
        environment.requestID = id
        return environment
    }

    /// The value of a variable. If it is not set or empty, this is the content of the file whose path is in the
    /// variable with `_FILE` added to the name. Nil if neither gives a value.
    ///
    /// Docker, Kubernetes, systemd and OpenFaaS pass secrets as files, which keeps them out of configurations and lists
    /// of processes. The file is read at each access. An error is logged if `content(ofFile:)` returns nil.
    public subscript(name: String) -> String? {
        if let given = value(name) { return given }
        guard let path = value(name + Self.fileSuffix) else { return nil }
        guard let content = Self.content(ofFile: path) else {
            Log().write(.error, "\(name)\(Self.fileSuffix) names a file that can't be read")
            return nil
        }
        return content.isEmpty ? nil : content
    }

    /// The end of the names of variables that contain the path of a file with another variable's value.
    public static let fileSuffix = "_FILE"

    private func value(_ name: String) -> String? {
        let value: String? =
            switch variables {
            case .ofProcess: getenv(name).map { String(cString: $0) }
            case .given(let values): values[name]
            }
        return value?.isEmpty == false ? value : nil
    }

    /// The largest length of a file with a value, in bytes.
    private static let longestFile = 65_536

    /// The longest time, in milliseconds, that the writer of a pipe may pause.
    private static let longestPause: Int32 = 5_000

    /// Reads a file or a pipe that holds a value, and removes line breaks at its end. Returns nil if it is something
    /// else, can't be read, is longer than `longestFile` bytes, is not UTF-8, or contains NUL, at which C programs
    /// would cut the value. Also returns nil for a pipe that no process writes to, and for one whose writer pauses for
    /// more than `longestPause`.
    public static func content(ofFile path: String) -> String? {
        // Without O_NONBLOCK, opening a pipe would wait until it has a writer.
        let file = csystem_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        let isPipe = status.st_mode & S_IFMT == S_IFIFO
        guard isPipe || status.st_mode & S_IFMT == S_IFREG, var content = read(file), !isPipe || !content.isEmpty else {
            return nil
        }
        while let last = content.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { content.removeLast() }
        guard !content.contains(0) else { return nil }
        return String(validating: content, as: UTF8.self)
    }

    /// Reads a file or pipe to its end. Returns nil if that fails, if the writer of a pipe pauses for more than
    /// `longestPause`, or if there are more than `longestFile` bytes.
    private static func read(_ file: Int32) -> [UInt8]? {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: longestFile + 1)
        while content.count <= longestFile {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return content }
            if count > 0 {
                content += chunk.prefix(count)
            } else if errno == EAGAIN {
                var entry = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, longestPause) > 0 else { return nil }
            } else if errno != EINTR {
                return nil
            }
        }
        return nil
    }

    /// Returns true if the variable itself is set, even to an empty value. The variable with `_FILE` does not count.
    public func isSet(_ name: String) -> Bool {
        switch variables {
        case .ofProcess: getenv(name) != nil
        case .given(let values): values[name] != nil
        }
    }

    /// Returns the bytes of a variable's value, which need not be UTF-8. Returns nil if it is not set or empty; the
    /// variable with `_FILE` does not count.
    public func bytes(_ name: String) -> [UInt8]? {
        let value: [UInt8]? =
            switch variables {
            case .ofProcess: getenv(name).map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
            case .given(let values): values[name].map { Array($0.utf8) }
            }
        return value?.isEmpty == false ? value : nil
    }

    /// Returns the value of a variable, or of its file, as an HMAC-SHA-256 key. Returns nil if there is no value.
    ///
    /// - Throws: `EnvironmentError` if the value has fewer than 32 bytes. A key must be at least as long as the hash
    ///   (RFC 7518 §3.2); a short one could be guessed from a single signature.
    public func hmacKey(_ name: String) throws(EnvironmentError) -> Secret? {
        guard let value = self[name] else { return nil }
        guard value.utf8.count >= Self.shortestKey else {
            throw EnvironmentError("\(name) has fewer than \(Self.shortestKey) bytes")
        }
        return Secret(value)
    }

    private static let shortestKey = 32

    /// Reads the HMAC-SHA-256 keys of a variable: one, or two with a comma between them while one replaces the other.
    /// The two count only if each has at least 32 bytes without the white space around it. The whole value is always
    /// among the keys, since a key may contain a comma. Returns no keys if there is no value.
    ///
    /// - Throws: `EnvironmentError` if the whole value has fewer than 32 bytes.
    public func hmacKeys(_ name: String) throws(EnvironmentError) -> [Secret] {
        guard let whole = try hmacKey(name) else { return [] }
        let parts = whole.reveal { value in
            value.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        }
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count >= Self.shortestKey }) else { return [whole] }
        return parts.map { Secret($0) } + [whole]
    }

    /// Calls `body` for each variable whose name begins with `prefix`, with the rest of the name and the value.
    public func forEach(prefix: String, _ body: (_ name: String, _ value: String) -> Void) {
        func visit(_ name: String, _ value: String) {
            if name.hasPrefix(prefix) { body(String(name.dropFirst(prefix.count)), value) }
        }
        if case .given(let values) = variables { return values.forEach(visit) }
        var next = environ
        while let variable = next.pointee {
            if strncmp(variable, prefix, prefix.utf8.count) == 0, let equals = strchr(variable, 61) {
                let name = UnsafeRawBufferPointer(start: variable, count: equals - variable)
                visit(String(decoding: name, as: UTF8.self), String(cString: equals + 1))
            }
            next += 1
        }
    }
}
