import Base
import Function
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_execute_action
@testable import api_mcp_app_policy
@testable import api_mcp_findings
@testable import api_mcp_findings_snooze
@testable import api_mcp_sync

/// Missing inputs are named together, and unknown ones are refused with the nearest name.
@Suite(.usesStore) struct UnknownInputsTests {
    private let store: TestStore
    private var workspace: JSON { .string(store.own.id.description) }

    init() throws { store = try TestStore(filled: true) }

    private func error(_ call: Call, _ function: any Function.Type) -> String? {
        let reply = store.send(call, to: function)
        return reply.status == 400 ? reply.error : "\(reply.status)"
    }

    @Test("One 400 names all missing inputs") func missing() {
        let key = store.own.writeKey
        #expect(
            error(Call("POST", body: [:]).key(key), SnoozeFunction.self) == "findingId and days are required.")
        #expect(error(Call("POST", body: ["days": 7]).key(key), SnoozeFunction.self) == "findingId is required.")
        #expect(
            error(Call("POST", body: [:]).session(store.own.token()), APIKeysFunction.self)
                == "workspaceId and name are required.")
        #expect(
            error(Call("POST", body: ["workspaceId": workspace]).session(store.own.token()), ExecuteAction.self)
                == "actionType, targetPlatform and targetEntityId are required.")
    }

    @Test("An unknown field is refused with the nearest name") func unknown() {
        let token = store.own.token()
        #expect(
            error(
                Call("POST", body: ["workspaceId": workspace, "nmae": "x"]).session(token), APIKeysFunction.self)
                == #"There is no field nmae; did you mean "name"?"#)
        #expect(
            error(Call("POST", body: ["workspaceID": workspace, "name": "x"]).session(token), APIKeysFunction.self)
                == #"There is no field workspaceID; did you mean "workspaceId"?"#)
        #expect(
            error(
                Call("POST", body: ["workspaceId": workspace, "name": "x", "colour": .null]).session(token),
                APIKeysFunction.self) == "There is no field colour; known: name, scope, workspaceId.")
        let long = String(repeating: "x", count: 1000)
        #expect(
            error(Call("POST", body: [long + "\n": 1]).key(store.own.writeKey), SyncFunction.self)
                == "There is no field \(long.prefix(60)); known: workspaceId.")
    }

    @Test("An unknown query parameter is refused with the nearest name, whatever the method") func queries() {
        #expect(
            error(Call(query: "limmit=5").key(store.own.readKey), FindingsFunction.self)
                == #"There is no query parameter limmit; did you mean "limit"?"#)
        let id = store.own.id.description
        let body: JSON = ["app_name": "Figma", "status": "blocked"]
        #expect(
            error(Call("POST", query: "status=x", body: body).key(store.own.writeKey), AppPolicyFunction.self)
                == "There is no query parameter status; known: workspaceId.")
        #expect(
            error(Call("POST", query: "workspaceId=\(id)", body: body).key(store.own.writeKey), AppPolicyFunction.self)
                == "200")
        #expect(
            error(
                Call("POST", query: "workspaceId=\(id)", body: ["workspaceId": workspace, "name": "x"])
                    .session(store.own.token()), APIKeysFunction.self)
                == "There is no query parameter workspaceId; there is none to choose from.")
    }

    @Test("Only a caller who may use the operation learns its fields") func order() {
        let call = Call("POST", body: ["workspaceId": workspace, "nmae": "x"])
        #expect(error(call, APIKeysFunction.self) == "401")
        #expect(error(call.session(store.own.token(.viewer)), APIKeysFunction.self) == "403")
    }
}
