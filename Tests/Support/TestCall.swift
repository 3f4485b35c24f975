public import Base
public import Function
public import HTTP
import Store

/// The answer of an endpoint.
public struct Reply: Sendable {
    public let status: Int
    public let headers: Headers
    public let body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as JSON; null if it is not JSON.
    public var json: JSON { (try? JSON(parsing: body)) ?? .null }
    /// The error's sentence; nil unless the body has exactly the documented shape.
    public var error: String? {
        guard let members = json.object, members.count == 1 else { return nil }
        return members["error"]?.string
    }
    /// The whole response in one text.
    public var wire: String {
        ([String(status)] + headers.fields.map { "\($0.name): \($0.value)" } + ["", text]).joined(separator: "\n")
    }
}

/// One request to a function, made in this process through the whole pipeline.
public struct Call: Sendable {
    public var method: String
    public var path = "/"
    public var query = ""
    public var headers: [String: String] = [:]
    public var body: Request.Body = .bytes([])
    public var peer = "203.0.113.9"

    public init(_ method: String = "GET", query: String = "", body: JSON? = nil) {
        (self.method, self.query) = (method, query)
        if let body { self.body = .bytes(JSONWriter.bytes(body)) }
    }

    /// Returns the call with a session token.
    public func session(_ token: String) -> Call { with("Authorization", "Bearer " + token) }

    /// Returns the call with an API key.
    public func key(_ key: String) -> Call { with("Authorization", "Bearer " + key) }

    /// Returns the call with a header field, which replaces one of the same name.
    public func with(_ name: String, _ value: String) -> Call {
        var call = self
        call.headers[name] = value
        return call
    }

    /// Returns the call from another peer.
    public func from(_ peer: String) -> Call {
        var call = self
        call.peer = peer
        return call
    }
}

extension TestStore {
    /// Returns an environment with the tests' usual values of functions' variables. Those in `more` replace them.
    public func environment(_ more: [String: String] = [:]) -> Environment { Environment(variables(more)) }

    /// Returns the variables of that environment, for a function in a separate process.
    public func variables(_ more: [String: String] = [:]) -> [String: String] {
        let base = [
            "DATABASE_URL": url, "SUPABASE_URL": TestSession.url,
            "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 },
            "EXPORT_CURSOR_SECRET": "the secret of the tests' cursors, long enough",
            "AUDIT_SIGNING_KEY": String(repeating: "0a", count: 32),
            "CONFIRMATION_SECRET": "the secret of the tests' tokens, long enough", "ANTHROPIC_API_KEY": "sk-ant-test",
            "ENVIRONMENT": "development", "UPSTREAM_ANTHROPIC": Self.upstream?.url ?? "",
            "UPSTREAM_STRIPE": Self.upstream?.url ?? "", "STRIPE_SECRET_KEY": "sk_test",
            "STRIPE_PRICE_MONTHLY": "price_monthly", "BILLING_RETURN_URL": "https://app.thalian.ai/settings/billing",
        ]
        return base.merging(more) { $1 }
    }

    /// Serves fake answers of the model and of Stripe, for tests about other things.
    private static let upstream = try? FakeProvider { _ in
        .json([
            "id": "x", "url": "https://checkout.stripe.com/x", "type": "message", "role": "assistant",
            "model": "claude-opus-4-7", "stop_reason": "end_turn",
            "content": [["type": "text", "text": "Hello."]], "usage": ["input_tokens": 1, "output_tokens": 1],
        ])
    }

    /// Sends a call to a function; `variables` are added to its environment, `now` is its clock.
    public func send(
        _ call: Call, to function: any Function.Type, variables: [String: String] = [:],
        at now: Timestamp = TestStore.now
    ) -> Reply {
        TestPipeline(function, environment(variables), now: { now }).send(call)
    }
}

/// A function in this process, which keeps its state as a process that serves several requests does.
public struct TestPipeline {
    private let pipeline: Pipeline
    private let check: AnswerCheck

    public init(
        _ function: any Function.Type, _ environment: Environment, now: @escaping () -> Timestamp = { TestStore.now }
    ) {
        pipeline = Pipeline(function, environment, now: now)
        check = AnswerCheck(function)
    }

    /// Sends a call. Records an issue if the answer is not what the function declares.
    public func send(_ call: Call) -> Reply {
        var headers = Headers()
        for (name, value) in call.headers.sorted(by: { $0.key < $1.key }) { headers.add(name, value) }
        let response = pipeline.respond(
            to: Request(
                method: Method(rawValue: call.method), path: call.path, queryString: call.query, headers: headers,
                body: call.body, peerAddress: call.peer))
        var body: [UInt8] = []
        var isCutOff = false
        switch response.body {
        case .bytes(let bytes): body = bytes
        case .stream(let write):
            do { try write { body.append(contentsOf: $0) } } catch { isCutOff = true }
        }
        for work in response.background { work() }
        let reply = Reply(status: response.status, headers: response.headers, body: body)
        check.check(reply, to: call.method, isCutOff: isCutOff)
        return reply
    }
}
