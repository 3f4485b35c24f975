import Auth
import Base
import Store
import TestSupport
import Testing

@testable import api_api_keys

/// Sessions that a workspace has revoked before their tokens expire.
@Suite(.usesStore) struct RevokedSessionsTests {
    private let store: TestStore
    private static let session = "cccccccc-0000-4000-8000-000000000001"

    init() throws { store = try TestStore() }

    private func revoke(_ session: String, in workspace: TestWorkspace) throws {
        try store.database.execute(
            "INSERT INTO revoked_sessions (workspace_id, session_id, revoked_at) VALUES ($1, $2, $3)", workspace.id,
            session, TestStore.now)
    }

    private func list(session: JSON?) -> Reply {
        let token = store.own.token { $0["session_id"] = session }
        return store.send(Call(query: "workspaceId=\(store.own.id)").session(token), to: APIKeysFunction.self)
    }

    @Test("A revoked session is refused") func aRevokedSessionIsRefused() throws {
        #expect(list(session: .string(Self.session)).status == 200)
        try revoke(Self.session, in: store.own)
        let reply = list(session: .string(Self.session))
        #expect(reply.status == 401 && reply.error == "Your session was ended. Sign in again.")
        // A token may name its session in upper or lower case.
        #expect(list(session: .string(Self.session.uppercased())).status == 401)
    }

    @Test("Other sessions stay valid") func otherSessionsGoOn() throws {
        try revoke(Self.session, in: store.own)
        for session: JSON? in ["cccccccc-0000-4000-8000-000000000002", nil] {
            #expect(list(session: session).status == 200)
        }
    }

    /// A session with an unreadable id could not be revoked.
    @Test(
        "A token with an unreadable session id is refused",
        arguments: ["x", 7, .null, ["cccccccc-0000-4000-8000-000000000002"]] as [JSON])
    func aSessionWithoutAReadableNameIsNone(_ session: JSON) { #expect(list(session: session).status == 401) }

    /// A session belongs to a person, who may be a member of several workspaces. Each workspace decides for itself.
    @Test("A session that another workspace has revoked stays valid") func aWorkspaceRevokesForItselfAlone() throws {
        try revoke(Self.session, in: store.other)
        #expect(list(session: .string(Self.session)).status == 200)
    }

    @Test("A stranger does not learn that a session is revoked") func strangersLearnNothingOfIt() throws {
        try revoke(Self.session, in: store.other)
        let token = store.own.token { $0["session_id"] = .string(Self.session) }
        let reply = store.send(Call(query: "workspaceId=\(store.other.id)").session(token), to: APIKeysFunction.self)
        #expect(reply.status == 403)
    }
}
