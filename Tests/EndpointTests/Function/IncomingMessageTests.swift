import Auth
import Base
import Function
import HTTP
import Synchronization
import TestSupport
import Testing

/// Messages of a protocol that has its own form of requests and errors.
@Suite(.usesStore) struct IncomingMessageTests {
    private static let readCount = Mutex(0)

    private enum Messages: Function {
        static let onRequestPost = Handler.messages(
            "test", "", headers: [],
            forms: MessageForms(body: .anything, error: .anything) {
                ["refused": .string($1), "status": .integer($0)]
            },
            returns: .json(.anything), errors: []
        ) { _ in
            readCount.withLock { $0 += 1 }
            let refuse = { (error: HTTPError) in
                Response.json(status: error.status) { $0.field("refused", error.sentence) }
            }
            return IncomingMessage(scope: .write, refuse: refuse, fail: refuse) { _ in .json(["done": true] as JSON) }
        }
    }

    @Test("A message is read once for a caller with a valid key, and not at all for others") func whoseMessages() throws
    {
        let store = try TestStore()
        func send(_ key: String?, readings: Int) -> Reply {
            let before = Self.readCount.withLock { $0 }
            let call = Call("POST", body: [:])
            let reply = store.send(key.map { call.key($0) } ?? call, to: Messages.self)
            #expect(Self.readCount.withLock { $0 } - before == readings)
            return reply
        }
        for key in [nil, "x", "thal_" + String(repeating: "x", count: 40), store.own.revokedKey, store.own.token()] {
            let reply = send(key, readings: 0)
            #expect(reply.status == 401 && reply.error?.contains("API key") == true, "\(reply.text)")
        }
        let tooNarrow = send(store.own.readKey, readings: 1)
        #expect(tooNarrow.status == 403 && tooNarrow.json["refused"]?.string?.contains("the scope write") == true)
        #expect(send(store.own.writeKey, readings: 1).json == ["done": true])
        try store.own.set(allowlist: #"["192.0.2.1"]"#)
        #expect(send(store.own.writeKey, readings: 1).json["refused"] != nil)
    }
}
