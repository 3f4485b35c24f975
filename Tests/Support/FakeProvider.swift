public import Base
import Foundation
public import HTTP

/// A provider's API on this machine, for one test. It answers requests as its script says, and those that the script
/// does not know with status 418. It records all requests.
public final class FakeProvider: @unchecked Sendable {
    /// A request as it was received.
    public struct Request: Sendable {
        public let method: String
        /// The path, without decoding.
        public let path: String
        public let query: Query
        /// The path and the query.
        public let target: String
        public let headers: Headers
        public let body: [UInt8]

        /// The body as text, as JSON (null if it is no JSON), and as a form.
        public var text: String { String(decoding: body, as: UTF8.self) }
        public var json: JSON { (try? JSON(parsing: body)) ?? .null }
        public var form: Query? { Query(text) }
        /// Returns the first value of a query parameter.
        public func parameter(_ name: String) -> String? { query.values(name).first }
        /// Returns the request with a word in its target and its body replaced.
        public func replacing(_ word: String, with other: String) -> Request {
            let target = target.replacing(word, with: other)
            let path = String(target.prefix { $0 != "?" })
            return Request(
                method: method, path: path, query: Query(target.dropFirst(path.count + 1)) ?? query, target: target,
                headers: headers, body: Array(text.replacing(word, with: other).utf8))
        }
    }

    /// A reply of the provider.
    public struct Reply: Sendable {
        public var status = 200
        public var headers: Headers = [:]
        public var body: [UInt8] = []
        /// True if the connection ends in the middle of the body.
        public var isCut = false
        /// True if the connection ends before any byte.
        public var isSilent = false

        public init(_ status: Int = 200, headers: Headers = [:], text: String = "") {
            self.status = status
            self.headers = headers
            body = Array(text.utf8)
        }

        public static func json(_ value: JSON, status: Int = 200, headers: Headers = [:]) -> Reply {
            var reply = Reply(status, headers: headers)
            reply.headers["Content-Type"] = "application/json"
            reply.body = JSONWriter.bytes(value)
            return reply
        }

        /// A reply that breaks off.
        public static let cut: Reply = {
            var reply = Reply(text: #"{"half":"#)
            reply.isCut = true
            return reply
        }()

        /// No reply: the provider closes the connection.
        public static let none: Reply = {
            var reply = Reply()
            reply.isSilent = true
            return reply
        }()
    }

    private let listener: LocalListener
    private let script: @Sendable (Request) -> Reply?
    private let lock = NSLock()
    private var seen: [Request] = []
    private var surprises: [String] = []
    private var faults: [(matches: @Sendable (Request) -> Bool, after: Int, reply: Reply)] = []
    private var isClosed = false

    /// Serves until this object is released. `script` returns nil for a request outside of the provider's contract.
    public init(_ script: @escaping @Sendable (Request) -> Reply?) throws {
        listener = try LocalListener(.tcp)
        self.script = script
        // Only the thread below accepts connections from the listener, and each is used only by its own thread.
        nonisolated(unsafe) let listener = listener
        let this = Weak(self)
        Thread.detachNewThread {
            while let accepted = try? listener.accept(seconds: 3_600) {
                nonisolated(unsafe) let connection = accepted
                guard let provider = this.value, !provider.isOver else { return }
                Thread.detachNewThread { Self.serve(connection, this) }
            }
        }
    }

    deinit {
        lock.withLock { isClosed = true }
        _ = try? listener.connect(seconds: 1)
    }

    private var isOver: Bool { lock.withLock { isClosed } }

    /// The provider's URL, as the value of an UPSTREAM_ variable.
    public var url: String { "http://127.0.0.1:\(listener.port)" }

    /// All requests so far.
    public var requests: [Request] { lock.withLock { seen } }

    /// The requests that the script did not expect, as `METHOD target`.
    public var unexpected: [String] { lock.withLock { surprises } }

    /// Gives this reply to one matching request, after the first `after` matching requests were answered as usual.
    public func fail(
        _ reply: Reply, after: Int = 0, when matches: @escaping @Sendable (Request) -> Bool = { _ in true }
    ) {
        lock.withLock { faults.append((matches, after, reply)) }
    }

    private func answer(_ request: Request) -> Reply {
        let fault: Reply? = lock.withLock {
            seen.append(request)
            for index in faults.indices where faults[index].matches(request) {
                if faults[index].after == 0 { return faults.remove(at: index).reply }
                faults[index].after -= 1
            }
            return nil
        }
        if let reply = fault ?? script(request) { return reply }
        lock.withLock { surprises.append(request.method + " " + request.target) }
        return Reply(418, text: "This request is not in the contract.")
    }

    private final class Weak: @unchecked Sendable {
        weak var value: FakeProvider?
        init(_ value: FakeProvider) { self.value = value }
    }

    private static func serve(_ connection: LocalConnection, _ provider: Weak) {
        while let request = try? read(connection) {
            guard let reply = provider.value?.answer(request) else { return }
            if reply.isSilent { return connection.hangUp() }
            var head = "HTTP/1.1 \(reply.status) Reply\r\n"
            for field in reply.headers.fields { head += "\(field.name): \(field.value)\r\n" }
            if reply.status != 204 {
                head += "Content-Length: \(reply.isCut ? reply.body.count + 100 : reply.body.count)\r\n"
            }
            connection.send(Array((head + "\r\n").utf8) + (reply.status == 204 ? [] : reply.body))
            if reply.isCut { return connection.hangUp() }
        }
    }

    private static func read(_ connection: LocalConnection) throws -> Request? {
        guard let line = try connection.readLine(), !line.isEmpty else { return nil }
        let parts = line.split(separator: " ")
        var headers = Headers()
        while let field = try connection.readLine(), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else { return nil }
            headers.add(
                String(field[..<colon]), field[field.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
        guard parts.count == 3, let body = try connection.read(exactly: length) else { return nil }
        let target = String(parts[1])
        let path = String(target.prefix { $0 != "?" })
        guard let query = Query(target.dropFirst(path.count + 1)) else { return nil }
        return Request(
            method: String(parts[0]), path: path, query: query, target: target, headers: headers, body: body)
    }
}
