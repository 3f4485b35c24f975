import Base
import Foundation
import HTTP
import TestSupport

extension Call {
    /// The call as an event of a Function URL (payload 2.0), with JSON as its content type.
    var event: JSON {
        var headers = headers.mapValues { JSON.string($0) }
        headers["content-type"] = "application/json"
        var event: [String: JSON] = [
            "version": "2.0", "rawPath": "/", "rawQueryString": .string(query), "headers": .object(headers),
            "requestContext": ["http": ["method": .string(method), "sourceIp": .string(peer)]],
        ]
        if case .bytes(let bytes) = body, !bytes.isEmpty {
            event["body"] = .string(String(decoding: bytes, as: UTF8.self))
        }
        return .object(event)
    }
}

extension Operation {
    /// The name of the operation's executable.
    var program: String {
        (isSession ? "api-" : "api-mcp-") + name.replacingOccurrences(of: "/", with: "-")
    }

    /// Returns a call of the operation by a permitted caller of the own workspace. If it has a session token, that is
    /// valid at the present time, not at `TestStore.now`.
    func callNow(_ store: TestStore) -> Call {
        let call = call(workspace: store.own.id.description)
        return switch access {
        case .session, .sessionOrKey: call.session(store.own.token(at: .now))
        case .apiKey(.read): call.key(store.own.readKey)
        case .apiKey(.write): call.key(store.own.writeKey)
        }
    }
}
