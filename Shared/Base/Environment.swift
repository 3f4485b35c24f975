import Glibc

/// The environment variables that a function was started with.
public struct Environment: Sendable {
    private let values: [String: String]?

    /// The variables of this process.
    public static let process = Environment(values: nil)

    /// Creates an environment with exactly the variables in `values`.
    public init(_ values: [String: String]) { self.init(values: values) }

    private init(values: [String: String]?) { self.values = values }

    /// The value of a variable. Nil if it is not set or empty.
    public subscript(name: String) -> String? {
        let value = values.map { $0[name] } ?? getenv(name).map { String(cString: $0) }
        return value?.isEmpty == false ? value : nil
    }

    /// Returns true if the variable is set, even to an empty value.
    public func isSet(_ name: String) -> Bool { values.map { $0[name] != nil } ?? (getenv(name) != nil) }

    /// Returns the bytes of a variable's value, which need not be UTF-8. Returns nil if it is not set or empty.
    public func bytes(_ name: String) -> [UInt8]? {
        let value =
            values.map { $0[name].map { Array($0.utf8) } }
            ?? getenv(name).map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        return value?.isEmpty == false ? value : nil
    }

    /// Returns the value of a variable that holds an HMAC-SHA-256 key. Returns nil if it is not set or empty.
    ///
    /// - Throws: `EnvironmentError` if the value has fewer than 32 bytes. A key must be as long as the hash (RFC 7518
    ///   §3.2); a shorter one could be guessed from a single signature.
    public func hmacKey(_ name: String) throws(EnvironmentError) -> Secret? {
        guard let value = self[name] else { return nil }
        guard value.utf8.count >= 32 else { throw EnvironmentError("\(name) has fewer than 32 bytes") }
        return Secret(value)
    }

    /// Calls `body` for each variable whose name begins with `prefix`, with the rest of the name and the value.
    public func forEach(prefix: String, _ body: (_ name: Substring, _ value: String) -> Void) {
        func visit(_ name: String, _ value: String) {
            if name.hasPrefix(prefix) { body(name.dropFirst(prefix.count), value) }
        }
        if let values { return values.forEach(visit) }
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
