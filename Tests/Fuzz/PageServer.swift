import Glibc

/// This process's server, which answers with the current input.
let pageServer = PageServer()

/// A local server that answers each request with the next of the given answers, and begins again after the last.
/// Replacing the answers does not restart at the first. A request for a token gets a token.
final class PageServer: @unchecked Sendable {
    private var lock = pthread_mutex_t()
    private var answers: [Answer] = []
    private var count = 0
    private let listener: Int32
    private let port: UInt16

    /// Starts the server; nil if no socket is available.
    init?() {
        pthread_mutex_init(&lock, nil)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isListening else { return nil }
        port = UInt16(bigEndian: address.sin_port)
        start { $0.accept() }
    }

    /// The server's address.
    var url: String { "http://127.0.0.1:\(port)" }

    /// The number of answered requests, except those for tokens.
    var requests: Int { locked { count } }

    /// Sets the answers from now on.
    func answer(_ answers: [Answer]) { locked { self.answers = answers } }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(&lock)
        defer { pthread_mutex_unlock(&lock) }
        return body()
    }

    /// Runs a closure in a new thread.
    private func start(_ body: @escaping (PageServer) -> Void) {
        final class Work {
            let run: () -> Void
            init(_ run: @escaping () -> Void) { self.run = run }
        }
        let work = Unmanaged.passRetained(Work { [unowned self] in body(self) })
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        pthread_detach(thread)
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            start { server in
                server.serve(connection)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        var one: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let end = Array("\r\n\r\n".utf8)
        while true {
            var head = buffer.firstRange(of: end)
            while head == nil {
                let count = read(connection, &chunk, chunk.count)
                guard count > 0 else { return }
                buffer += chunk[..<count]
                head = buffer.firstRange(of: end)
            }
            guard let head else { return }
            let text = String(decoding: buffer[..<head.lowerBound], as: UTF8.self)
            let length =
                text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
            while buffer.count < head.upperBound + length {
                let count = read(connection, &chunk, chunk.count)
                guard count > 0 else { return }
                buffer += chunk[..<count]
            }
            buffer.removeFirst(head.upperBound + length)
            let target = text.prefix { $0 != "\r" }.split(separator: " ").dropFirst().first ?? ""
            guard send(reply(to: target), on: connection) else { return }
        }
    }

    private func reply(to target: Substring) -> [UInt8] {
        if target.prefix(while: { $0 != "?" }).hasSuffix("/token") {
            let token = #"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#
            return Array("HTTP/1.1 200 OK\r\nContent-Length: \(token.utf8.count)\r\n\r\n\(token)".utf8)
        }
        let answer = locked { () -> Answer in
            defer { count += 1 }
            return answers[count % max(1, answers.count)]
        }
        var head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(answer.body.count)\r\n".utf8)
        if !answer.next.isEmpty {
            for name in ["Link", "After-Cursor"] { head += Array("\(name): ".utf8) + answer.next + [0x0D, 0x0A] }
        }
        return head + [0x0D, 0x0A] + answer.body
    }

    private func send(_ bytes: [UInt8], on connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
