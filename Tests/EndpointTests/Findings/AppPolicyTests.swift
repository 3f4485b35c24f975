import Base
import TestSupport
import Testing

@testable import api_mcp_app_policy

@Suite(.usesStore) struct AppPolicyTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func send(_ query: String) -> Reply {
        store.send(Call(query: query).key(store.own.readKey), to: AppPolicyFunction.self)
    }

    @Test("A decision is found by the name in either case", arguments: ["sanctioned", "unauthorized", "blocked"])
    func aDecisionIsTold(_ status: String) throws {
        try store.own.setPolicy(status, on: "Figma Pro")
        for name in ["Figma%20Pro", "figma+pro", "FIGMA%20PRO"] {
            #expect(
                send("app_name=\(name)").json
                    == ["app_name": "Figma Pro", "status": .string(status), "updated_at": "2026-04-13T12:30:00Z"])
        }
    }

    @Test("An application without a decision has the status none") func withoutADecisionThereIsNone() throws {
        let okta = try store.own.addIntegration("okta")
        try store.own.addApplication("Zoom", from: okta)
        #expect(send("app_name=zoom").json == ["app_name": "Zoom", "status": "none"])
        #expect(send("app_name=Never+Seen").json == ["app_name": "Never Seen", "status": "none"])
        try store.other.setPolicy("blocked", on: "Theirs")
        #expect(send("app_name=theirs").json == ["app_name": "theirs", "status": "none"])
    }

    @Test("Names with letters beyond ASCII match without regard to case") func namesBeyondASCIIAreFolded() throws {
        try store.own.setPolicy("blocked", on: "ÉCLAIR")
        #expect(send("app_name=%C3%A9clair").json["status"] == "blocked")
    }

    @Test("app_name is required and has 1 to 200 characters") func theNameIsRequired() {
        #expect(send("").status == 400 && send("").error == "app_name is required.")
        let long = String(repeating: "x", count: 201)
        for query in ["app_name=", "app_name=\(long)", "app_name=%00"] {
            #expect(send(query).status == 400)
            #expect(send(query).error == "app_name must be a string of 1 to 200 characters.")
        }
        #expect(send("app_name=\(long.dropFirst())").status == 200)
    }
}
