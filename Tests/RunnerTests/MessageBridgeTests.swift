import Base
import Testing

@testable import local_runner

/// The messages that `local-runner mcp` writes for the responses of a server, or of a program that answers instead.
struct MessageBridgeTests {
    private struct Endpoint: MessageEndpoint {
        let status: Int
        let body: String

        func send(_ message: [UInt8], _ fields: [(name: String, value: String)]) throws(Failure) -> (Int, [UInt8]) {
            (status, Array(body.utf8))
        }
    }

    private func answer(to message: String, _ status: Int, _ body: String) -> JSON? {
        var bridge = MessageBridge(Endpoint(status: status, body: body))
        return bridge.answer(to: Array(message.utf8)).flatMap { try? JSON(parsing: Array($0.utf8)) }
    }

    @Test("A response that is no answer to the request becomes an error with the request's id")
    func noAnswer() {
        let request = #"{"jsonrpc":"2.0","id":7,"method":"ping"}"#
        for (status, body) in [
            (200, ""), (200, "hello"), (502, "<html>"), (200, #"[{"jsonrpc":"2.0","id":7,"result":{}}]"#),
            (200, #"{"jsonrpc":"2.0","id":8,"result":{}}"#), (200, #"{"jsonrpc":"2.0","id":"7","result":{}}"#),
            (200, #"{"jsonrpc":"2.0","method":"sampling/createMessage"}"#), (200, #"{"id":7,"result":{}}"#),
        ] {
            let error = answer(to: request, status, body)
            #expect(error?["id"] == 7 && error?["error"]?["code"] == -32_000, "\(body)")
            #expect(error?["error"]?["message"]?.string?.contains("the status \(status),") == true, "\(body)")
        }
        let refused = answer(to: request, 401, #"{"error":"Missing or invalid API key."}"#)
        #expect(refused?["id"] == 7 && refused?["error"]?["message"] == "Missing or invalid API key.")
    }

    @Test("Answers are passed on as one line, also errors without an id") func answers() {
        let request = #"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#
        let refused = answer(to: request, 400, "{\"jsonrpc\":\"2.0\",\n\"id\":null,\n\"error\":{\"code\":-32600}}")
        #expect(refused == ["jsonrpc": "2.0", "id": .null, "error": ["code": -32_600]])
        let result = #"{"id":"a","jsonrpc":"2.0","result":{"text":"line\nline"}}"#
        var bridge = MessageBridge(Endpoint(status: 200, body: result))
        #expect(bridge.answer(to: Array(#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#.utf8)) == result)
    }

    @Test(
        "Notifications, responses and empty lines get no answer, even if the server sends one",
        arguments: [
            #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, #"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#, "", " \t\r",
        ])
    func unanswered(_ message: String) {
        #expect(answer(to: message, 400, #"{"jsonrpc":"2.0","id":1,"error":{"code":-32600}}"#) == nil)
    }
}
