import Base
import Store
import TestSupport
import Testing

@testable import api_mcp_identity
@testable import api_mcp_risk_score

/// A process that has cached an API key checks it again for each request.
@Suite(.usesStore) struct APIKeyCacheTests {
    private let store: TestStore
    private let pipeline: TestPipeline
    private let call: Call

    init() throws {
        store = try TestStore()
        pipeline = TestPipeline(RiskScoreFunction.self, store.environment(), now: { TestStore.now })
        call = Call().key(store.own.readKey)
        #expect(pipeline.send(call).status == 200)
    }

    private func remaining(_ reply: Reply) -> String? { reply.headers["RateLimit-Remaining"] }

    @Test("Requests with a cached key are counted") func itIsCountedWithEachRequest() {
        #expect(remaining(pipeline.send(call)) == "998")
        #expect(remaining(pipeline.send(call)) == "997")
    }

    @Test("A cached key is refused as soon as it is revoked") func aRevokedKeyIsRefusedAtOnce() throws {
        try store.database.execute("UPDATE api_keys SET revoked_at = $1", TestStore.now)
        let refused = pipeline.send(call)
        #expect(refused.status == 401 && refused.error == "Missing or invalid API key.")
        #expect(remaining(refused) == nil && !refused.text.contains("score"))
        try store.database.execute("UPDATE api_keys SET revoked_at = NULL")
        #expect(pipeline.send(call).status == 200)
    }

    @Test("A workspace's access rules apply at once to a cached key") func whatItsWorkspaceDemandsHoldsAtOnce() throws {
        try store.own.set(allowlist: #"["192.0.2.1"]"#)
        #expect(pipeline.send(call.from("192.0.2.2")).status == 403)
        #expect(pipeline.send(call.from("192.0.2.1")).status == 200)
        // Without the rule, the address is accepted.
        try store.own.set(allowlist: "[]")
        #expect(pipeline.send(call.from("192.0.2.2")).status == 200)
    }

    @Test("A revoked key gets 401, not the handler's error") func anErrorOfTheHandlerIsNoAnswerToARevokedKey() throws {
        let pipeline = TestPipeline(IdentityFunction.self, store.environment(), now: { TestStore.now })
        let call = Call(query: "email=nobody@example.com").key(store.own.readKey)
        #expect(pipeline.send(call).status == 404)
        try store.database.execute("UPDATE api_keys SET revoked_at = $1", TestStore.now)
        #expect(pipeline.send(call).status == 401)
    }

    @Test("Cached keys of two workspaces are not mixed up") func othersKeysAreTheirOwn() throws {
        #expect(pipeline.send(Call().key(store.other.readKey)).status == 200)
        #expect(remaining(pipeline.send(Call().key(store.other.readKey))) == "998")
        #expect(remaining(pipeline.send(call)) == "998")
        let named = Call(query: "workspaceId=\(store.other.id)").key(store.own.readKey)
        #expect(pipeline.send(named).status == 403)
    }
}
