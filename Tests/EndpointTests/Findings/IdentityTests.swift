import Base
import TestSupport
import Testing

@testable import api_mcp_identity

@Suite(.usesStore) struct IdentityTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func send(_ query: String) -> Reply {
        store.send(Call(query: query).key(store.own.readKey), to: IdentityFunction.self)
    }

    @Test("An identity is returned with all its fields") func anIdentityHasAllItsFields() throws {
        let own = store.own
        let alice = try own.addIdentity(
            "alice@example.com", type: "admin", department: "Engineering", manager: "bob@example.com")
        let okta = try own.addIntegration("okta", category: "idp", idpRole: "primary_idp")
        let github = try own.addIntegration("github")
        let aws = try own.addIntegration("aws")
        let account = try own.addAccount(of: alice, on: okta)
        try own.addAccount(of: alice, on: github)
        try own.addAccount(of: alice, on: github)
        _ = aws
        let figma = try own.addApplication("figma", from: okta)
        let zoom = try own.addApplication("Zoom", from: okta)
        let used = TestStore.now - .days(1)
        try own.addEntitlement("viewer", of: alice, account: account, in: zoom, from: okta)
        try own.addEntitlement("editor", of: alice, account: account, in: figma, from: okta, lastUsedAt: used)
        try own.addEntitlement("admin", of: alice, account: account, in: zoom, from: okta)
        try own.addFinding("low", title: "low", identity: alice)
        try own.addFinding("critical", "access_risk", status: "in_progress", title: "worst", identity: alice)
        try own.addFinding("high", status: "resolved", title: "gone", identity: alice)
        try own.addFinding("high", title: "someone else's")
        let reply = send("email=alice@example.com")
        #expect(reply.status == 200)
        #expect(
            reply.json == [
                "email": "alice@example.com", "display_name": "Person Quokka", "status": "active",
                "identity_type": "admin", "mfa_enabled": true, "last_login_at": "2026-04-10T12:30:00Z",
                "department": "Engineering", "manager_email": "bob@example.com", "platforms": ["github", "okta"],
                "findings": [
                    ["title": "worst", "severity": "critical", "category": "access_risk"],
                    ["title": "low", "severity": "low", "category": "identity_security"],
                ],
                "app_access": [
                    ["app_name": "figma", "role": "editor", "last_used_at": "2026-04-14T12:30:00Z"],
                    ["app_name": "Zoom", "role": "admin", "last_used_at": .null],
                    ["app_name": "Zoom", "role": "viewer", "last_used_at": .null],
                ],
            ])
    }

    @Test("Unknown values are null") func whatIsNotKnownIsNull() throws {
        try store.own.addIdentity(
            "bot@example.com", status: "suspended", type: "service_account", mfa: nil, lastLoginAt: nil)
        #expect(
            send("email=bot%40example.com").json == [
                "email": "bot@example.com", "display_name": "Person Quokka", "status": "suspended",
                "identity_type": "service_account", "mfa_enabled": .null, "last_login_at": .null, "department": .null,
                "manager_email": .null, "platforms": [], "findings": [], "app_access": [],
            ])
    }

    @Test(
        "Status and type have the documented values",
        arguments: ["active", "suspended", "deprovisioned"], ["user", "admin", "external", "service_account"])
    func statusAndTypeAreTheReferences(_ status: String, _ type: String) throws {
        try store.own.addIdentity("alice@example.com", status: status, type: type)
        let reply = send("email=alice@example.com")
        #expect(reply.json["status"]?.string == status && reply.json["identity_type"]?.string == type)
    }

    @Test(
        "An e-mail address is found in either case",
        arguments: ["alice%40example.com", "ALICE@EXAMPLE.COM", "Alice%40Example.Com", "%61lice@example.com"])
    func eitherCaseFindsIt(_ email: String) throws {
        try store.own.addIdentity("alice@example.com")
        #expect(send("email=\(email)").status == 200)
    }

    @Test("A plus sign in the query means a space unless it is encoded") func aPlusIsASpaceUnlessEncoded() throws {
        try store.own.addIdentity("a+b@example.com")
        #expect(send("email=a%2Bb@example.com").status == 200 && send("email=a+b@example.com").status == 404)
    }

    @Test("An unknown address and one of another workspace get 404") func anUnknownAddressIsNotFound() throws {
        try store.other.addIdentity("theirs@example.com")
        try store.own.addIdentity(nil)
        let unknown = send("email=nobody@example.com")
        #expect(unknown.status == 404)
        #expect(unknown.error == "No identity in this workspace has this e-mail address.")
        #expect(send("email=theirs@example.com").text == unknown.text)
        for email in ["%25", "_", "alice@example.com%20", "'", "%00"] {
            #expect([400, 404].contains(send("email=\(email)").status))
        }
    }

    @Test("email is required and has 1 to 320 characters") func theAddressIsRequired() {
        #expect(send("").status == 400 && send("").error == "email is required.")
        let long = String(repeating: "x", count: 321)
        for query in ["email=", "email=\(long)", "email=a%0Ab"] {
            #expect(send(query).status == 400 && send(query).error == "email must be a string of 1 to 320 characters.")
        }
        #expect(send("email=a&email=b").error == "email is given more than once.")
    }
}
