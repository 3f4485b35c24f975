import Base
import Function
import HTTP
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_health
@testable import api_mcp_rules

/// Properties that all answers share.
@Suite(.usesStore) struct ResponseTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    private func check(_ reply: Reply, requestID: String? = nil) {
        func values(_ name: String) -> [String] {
            reply.headers.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
        #expect(values("X-Frame-Options") == ["DENY"])
        #expect(values("X-Content-Type-Options") == ["nosniff"])
        #expect(values("Referrer-Policy") == ["strict-origin-when-cross-origin"])
        #expect(values("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"])
        #expect(values("Cache-Control") == ["no-store"])
        #expect(values("Content-Type") == ["application/json"])
        #expect(values("X-Request-Id").count == 1)
        if let requestID {
            #expect(values("X-Request-Id") == [requestID])
        } else {
            #expect(values("X-Request-Id").first.flatMap { Identifier($0) } != nil)
        }
        if reply.status >= 400 {
            #expect(reply.error?.hasSuffix(".") == true, "\(reply.text)")
            // A sentence may name this endpoint, but no path of a file.
            let text = reply.text.replacing("GET /api/platforms", with: "")
            #expect(!text.contains("/") && !text.contains("SQL") && !text.contains("swift"), "\(text)")
        }
    }

    @Test("Each answer has the security headers, a request id and, unless streamed, a length", arguments: Operation.all)
    func everyAnswerIsSecured(_ operation: Operation) throws {
        let workspace = store.own.id.description
        let good = operation.goodCall(store)
        let answered = store.send(good, to: operation.function)
        check(answered)
        #expect(answered.status == operation.answer)
        let calls = [
            good, operation.call(workspace: workspace), good.with("Authorization", "Bearer x"),
            Call("PATCH"), Call("OPTIONS"), Call(""), Call("get"),
            operation.call(workspace: "x").key(store.own.readKey),
        ]
        for call in calls {
            let reply = store.send(call, to: operation.function)
            check(reply)
            check(store.send(call.with("X-Request-Id", "abc-1.2_3"), to: operation.function), requestID: "abc-1.2_3")
            let length = operation.isStreamed && reply.status == 200 ? nil : String(reply.body.count)
            #expect(reply.headers["Content-Length"] == length)
        }
    }

    @Test(
        "An unsafe X-Request-Id is replaced",
        arguments: [
            "", " ", "a b", "a\nb", "x\r\nSet-Cookie: y", "é", "<script>", "a/b", String(repeating: "x", count: 65),
            "a,b",
        ])
    func aHarmfulRequestIDIsReplaced(_ id: String) {
        check(store.send(Call().with("X-Request-Id", id), to: Health.self))
    }

    @Test("A safe X-Request-Id of 64 characters is kept") func aLongHarmlessRequestIDIsKept() {
        let id = String(repeating: "x", count: 64)
        check(store.send(Call().with("x-request-id", id), to: Health.self), requestID: id)
    }

    @Test("New request ids are different") func newRequestIDsDiffer() {
        let ids = (0..<50).map { _ in store.send(Call(), to: Health.self).headers["X-Request-Id"] }
        #expect(Set(ids).count == 50)
    }

    @Test("HEAD gets the length of GET's body, and no body", arguments: Operation.reads + Operation.either)
    func headIsGetWithoutABody(_ operation: Operation) {
        let get = store.send(operation.goodCall(store), to: operation.function)
        var call = operation.goodCall(store)
        call.method = "HEAD"
        let head = store.send(call, to: operation.function)
        #expect(head.status == 200 && head.body.isEmpty && !get.body.isEmpty)
        #expect(head.headers["Content-Length"] == get.headers["Content-Length"])
        call.headers = [:]
        let refused = store.send(call, to: operation.function)
        #expect(refused.status == 401 && refused.body.isEmpty)
    }

    @Test("A method that an endpoint lacks gets 405, and Allow names those that it has")
    func otherMethodsAreNotAllowed() {
        for method in ["PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "POST ", "", "X"] {
            let keys = store.send(Call(method), to: APIKeysFunction.self)
            #expect(keys.status == 405 && keys.headers["Allow"] == "GET, HEAD, POST, DELETE")
            #expect(
                keys.error == "The method \(method) is not allowed here; allowed: GET, HEAD, POST, DELETE.", "\(method)"
            )
        }
        for method in ["POST", "DELETE", "PUT"] {
            for function: any Function.Type in [Health.self, RulesFunction.self] {
                let reply = store.send(Call(method), to: function)
                #expect(reply.status == 405 && reply.headers["Allow"] == "GET, HEAD")
            }
        }
    }

    @Test("A body that is too large gets 413", arguments: Operation.all)
    func aBodyThatIsTooLargeIsRefused(_ operation: Operation) {
        var call = operation.goodCall(store)
        call.body = .tooLarge
        let reply = store.send(call, to: operation.function)
        #expect(
            reply.status == 413
                && reply.error == "The body is longer than \(operation.function.maximumBodyLength) bytes.")
    }

    @Test(
        "An invalid body is explained",
        arguments: [
            ("", "The request needs a JSON body."), ("{", "The body is not valid JSON."),
            ("x", "The body is not valid JSON."),
            ("[]", "The body must be a JSON object."), ("null", "The body must be a JSON object."),
            ("{\"workspaceId\":1,\"workspaceId\":2}", "The body is not valid JSON."),
            ("{}", "workspaceId and FIELD are required."),
            ("{\"workspaceId\":null}", "workspaceId and FIELD are required."),
            ("{\"workspaceId\":7}", "workspaceId must be a UUID."),
            ("{\"workspaceId\":\"\"}", "workspaceId must be a UUID."),
            ("{\"WorkspaceId\":\"x\"}", "There is no field WorkspaceId; did you mean \"workspaceId\"?"),
        ])
    func aBadBodyIsExplained(_ body: String, _ sentence: String) {
        for method in ["POST", "DELETE"] {
            var call = Call(method).session(store.own.token())
            call.body = .bytes(Array(body.utf8))
            let reply = store.send(call, to: APIKeysFunction.self)
            let expected = sentence.replacing("FIELD", with: method == "POST" ? "name" : "keyId")
            #expect(reply.status == 400 && reply.error == expected)
        }
    }

    @Test(
        "A request body must be declared as JSON",
        arguments: [
            ("application/json", 200), ("application/json; charset=utf-8", 200), ("APPLICATION/JSON", 200),
            ("application/json\t;charset=utf-8", 200), ("application/json \t ; charset=utf-8", 200),
            ("application/json\t", 200), ("application/json x", 400), ("application/json\tx;a=b", 400),
            ("application", 400),
            ("text/plain", 400),
            ("application/x-www-form-urlencoded", 400), ("application/jsonp", 400), ("multipart/form-data", 400),
        ])
    func bodiesAreJSON(_ type: String, _ status: Int) {
        let body: JSON = ["workspaceId": .string(store.own.id.description), "name": "x"]
        let call = Call("POST", body: body).session(store.own.token()).with("Content-Type", type)
        #expect(store.send(call, to: APIKeysFunction.self).status == status)
    }

    @Test("An unreachable database gives 503") func anUnreachableDatabaseIsUnavailable() throws {
        for operation in Operation.all {
            let variables = ["DATABASE_URL": "sqlite:" + store.folder.path("missing.db")]
            let reply = store.send(operation.goodCall(store), to: operation.function, variables: variables)
            #expect(reply.status == 503 && reply.headers["Retry-After"] == "5")
            check(reply)
        }
    }

    @Test("A wrong configuration gives 500 without any detail")
    func aWrongConfigurationIsNothingACallerLearns() throws {
        let call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token())
        for variables in [
            ["SUPABASE_URL": ""], ["TRUSTED_PROXIES": "everyone"], ["CLIENT_IP_HEADER": "a b"], ["DATABASE_URL": "x"],
        ] {
            let reply = store.send(call, to: APIKeysFunction.self, variables: variables)
            #expect(reply.status == 500 && reply.error == "Something went wrong on our side. Try again later.")
            check(reply)
        }
    }
}
