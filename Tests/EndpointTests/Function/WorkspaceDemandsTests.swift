import Auth
import Base
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import api_api_keys
@testable import api_mcp_rules

/// Rules that depend on the workspace: allowed addresses, a second factor, the session's age, and the plan.
@Suite(.usesStore) struct WorkspaceDemandsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func list(
        from peer: String = "203.0.113.9", headers: [String: String] = [:], proxies: String = "",
        field: String = "", at now: Timestamp = TestStore.now,
        _ change: (inout [String: JSON]) -> Void = { _ in }
    ) -> Reply {
        var call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token(at: now, change)).from(peer)
        call.headers.merge(headers) { $1 }
        return store.send(
            call, to: APIKeysFunction.self, variables: ["TRUSTED_PROXIES": proxies, "CLIENT_IP_HEADER": field],
            at: now)
    }

    private func rules(from peer: String = "203.0.113.9", at now: Timestamp = TestStore.now) -> Reply {
        store.send(Call().key(store.own.readKey).from(peer), to: RulesFunction.self, at: now)
    }

    // MARK: Addresses

    @Test("Only addresses in the allowlist are accepted") func onlyListedAddressesGetIn() throws {
        try store.own.set(allowlist: #"["198.51.100.7", "192.0.2.0/24", "2001:db8::/32"]"#)
        for (address, isAllowed) in [
            ("198.51.100.7", true), ("198.51.100.8", false), ("192.0.2.255", true), ("192.0.3.0", false),
            ("2001:db8:1::1", true), ("2001:db9::1", false), ("::ffff:192.0.2.1", true), ("", false), ("unix:", false),
        ] {
            #expect(list(from: address).status == (isAllowed ? 200 : 403), "\(address)")
            #expect(rules(from: address).status == (isAllowed ? 200 : 403), "\(address)")
        }
        #expect(list(from: "1.2.3.4").error == "Requests from this address are not allowed in this workspace.")
    }

    @Test("An empty allowlist accepts every address") func anEmptyListAllowsAll() throws {
        for list in ["[]", "[ ]"] {
            try store.own.set(allowlist: list)
            #expect(self.list(from: "1.2.3.4").status == 200 && rules(from: "").status == 200)
        }
    }

    /// A list that can't be read must not accept every address.
    @Test(
        "A malformed allowlist accepts no address",
        arguments: [
            "{}", "null", "[\"198.51.100.7\", \"x\"]", "[\"198.51.100.7\", 7]", "[null]", "\"198.51.100.7\"",
            "[\"198.51.100.7/33\"]", "[[\"198.51.100.7\"]]", "0",
        ])
    func aMalformedListAllowsNobody(_ text: String) throws {
        try store.own.set(allowlist: text)
        #expect(list(from: "198.51.100.7").status == 403 && rules(from: "198.51.100.7").status == 403)
    }

    /// PostgreSQL does not store invalid JSON.
    @Test("An allowlist that is invalid JSON accepts no address", arguments: ["", "["])
    func aListThatIsNoJSONAllowsNobody(_ text: String) throws {
        let store = try TestStore(on: .sqlite)
        try store.own.set(allowlist: text)
        let reply = store.send(Call().key(store.own.readKey).from("198.51.100.7"), to: RulesFunction.self)
        #expect(reply.status == 403)
    }

    @Test("Forwarding headers from a peer that is not trusted are ignored")
    func headersOfStrangersAreNoAddress() throws {
        try store.own.set(allowlist: #"["198.51.100.7"]"#)
        for name in ["X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP", "Forwarded", "True-Client-IP"] {
            #expect(list(headers: [name: "198.51.100.7"]).status == 403, "\(name)")
        }
        #expect(list(from: "10.0.0.1", headers: ["X-Forwarded-For": "198.51.100.7"]).status == 403)
    }

    @Test("Behind trusted proxies, the forwarded address counts") func trustedProxiesTellTheAddress() throws {
        try store.own.set(allowlist: #"["198.51.100.7", "2001:db8:7::/48"]"#)
        func status(_ headers: [String: String], proxies: String = "10.0.0.0/8, 2001:db8::1") -> Int {
            list(from: "10.0.0.1", headers: headers, proxies: proxies).status
        }
        #expect(status(["X-Forwarded-For": "198.51.100.7, 10.1.1.1, 2001:db8::1"]) == 200)
        for address in ["198.51.100.7:443", "[2001:db8:7::1]:4711", "[2001:db8:7::1]"] {
            #expect(status(["X-Forwarded-For": address]) == 200, "\(address)")
        }
        for list in ["198.51.100.7, 203.0.113.9", "198.51.100.7, garbage", "198.51.100.7, unknown"] {
            #expect(status(["X-Forwarded-For": list]) == 403, "\(list)")
        }
        #expect(status([:]) == 403)
        #expect(status(["X-Forwarded-For": "198.51.100.7"], proxies: "10.0.0.2") == 403)
    }

    /// The proxy sets only the named field; other fields come from the client.
    @Test("Only the named header field, by default X-Forwarded-For, is believed")
    func onlyTheFieldThatTheDeploymentNamesIsBelieved() throws {
        try store.own.set(allowlist: #"["198.51.100.7"]"#)
        func status(_ headers: [String: String], field: String) -> Int {
            list(from: "10.0.0.1", headers: headers, proxies: "10.0.0.1", field: field).status
        }
        let fields = ["X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP", "True-Client-IP"]
        for named in ["", "CF-Connecting-IP", "X-Real-IP"] {
            for field in fields {
                let isBelieved = field == (named.isEmpty ? "X-Forwarded-For" : named)
                var headers = [named.isEmpty ? "X-Forwarded-For" : named: "203.0.113.9"]
                headers[field] = "198.51.100.7"
                #expect(status(headers, field: named) == (isBelieved ? 200 : 403), "\(field) where \(named) is named")
            }
        }
        #expect(status(["Forwarded": "for=\"198.51.100.7:80\""], field: "Forwarded") == 200)
        #expect(status(["Forwarded": "for=198.51.100.7, for=203.0.113.9"], field: "Forwarded") == 403)
    }

    // MARK: Second factor and session timeout

    @Test("A workspace may require a second factor for sessions") func aSecondFactorMayBeRequired() throws {
        try store.own.set(mfaRequired: true)
        let refused = list()
        #expect(refused.status == 401)
        #expect(refused.error == "This workspace requires multi-factor authentication. Sign in with a second factor.")
        #expect(list { $0["aal"] = "aal2" }.status == 200)
        #expect(list { $0["aal"] = nil }.status == 401 && list { $0["aal"] = 2 }.status == 401)
        #expect(rules().status == 200, "keys have no second factor")
    }

    @Test("A session times out after the workspace's limit", arguments: [1, 4, 8, 24, 72])
    func sessionsTimeOut(_ hours: Int) throws {
        try store.own.set(sessionTimeoutHours: hours)
        let now = TestStore.now.seconds
        func began(_ age: Int) -> Reply {
            list { $0["amr"] = [["method": "password", "timestamp": .integer(now - age)]] }
        }
        #expect(began(.hours(hours) - 1).status == 200)
        let refused = began(.hours(hours))
        #expect(refused.status == 401 && refused.error == "Your session has timed out. Sign in again.")
        #expect(began(.hours(hours) + .days(400)).status == 401)
    }

    @Test("Refreshing a token does not restart the session") func aRefreshedTokenIsNoNewSession() throws {
        try store.own.set(sessionTimeoutHours: 1)
        let now = TestStore.now.seconds
        let old: JSON = ["method": "password", "timestamp": .integer(now - .hours(2))]
        let fresh: JSON = ["method": "totp", "timestamp": .integer(now - 5)]
        #expect(list { $0["amr"] = [fresh, old] }.status == 401)
        #expect(list { $0["amr"] = [fresh] }.status == 200)
        #expect(list { ($0["amr"], $0["iat"]) = (nil, .integer(now - .hours(2))) }.status == 401)
        // `iat` is the time of the last refresh, which says nothing about the start of the session.
        for methods: JSON? in [nil, [], ["password"], "password", [["method": "password"]]] {
            #expect(list { $0["amr"] = methods }.status == 401, "a session of unknown age")
        }
        #expect(list { ($0["amr"], $0["iat"]) = (nil, nil) }.status == 401, "a session of unknown age")
        #expect(rules().status == 200, "keys have no session")
    }

    // MARK: Plans

    @Test("A trial has a week of grace") func aTrialHasAWeekOfGrace() throws {
        let end = TestStore.now
        try store.own.set(plan: .trial, trialEnd: end)
        for (seconds, status) in [(-.days(30), 200), (0, 200), (.days(7) - 1, 200), (.days(7), 403), (.days(400), 403)]
        {
            #expect(list(at: end + seconds).status == status, "\(seconds)")
            #expect(rules(at: end + seconds).status == status, "\(seconds)")
        }
        #expect(list(at: end + .days(7)).error == "The trial has expired. Choose a plan to continue.")
    }

    @Test("A trial without an end has expired") func aTrialWithoutAnEndHasExpired() throws {
        try store.own.set(plan: .trial)
        #expect(list().status == 403 && rules().status == 403)
    }

    @Test("Other plans do not expire", arguments: [Plan.free, .pro, .enterprise])
    func otherPlansDoNotExpire(_ plan: Plan) throws {
        try store.own.set(plan: plan, trialEnd: TestStore.now - .days(400))
        #expect(list().status == 200 && rules().status == 200)
    }

    private enum Plans: Function {
        static let onRequestGet = Handler("test", .session(.view), plan: .enterprise, "", returns: .json(.anything)) {
            _ in .json(true)
        }
        static let onRequestPost = Handler("test", .session(.view), plan: .any, "", returns: .json(.anything)) { _ in
            .json(true)
        }
    }

    @Test("An operation may require a plan") func anOperationMayNeedAPlan() throws {
        let token = store.own.token(.viewer)
        func send(_ method: String) -> Reply {
            let body: JSON? = method == "POST" ? ["workspaceId": .string(store.own.id.description)] : nil
            let query = method == "GET" ? "workspaceId=\(store.own.id)" : ""
            return store.send(Call(method, query: query, body: body).session(token), to: Plans.self)
        }
        for plan in Plan.allCases {
            try store.own.set(plan: plan, trialEnd: TestStore.now)
            #expect(send("GET").status == (plan == .enterprise ? 200 : 403), "\(plan)")
            #expect(send("POST").status == 200)
        }
        try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(8))
        #expect(send("POST").status == 200, "what leads out of an expired trial stays open")
        #expect(send("GET").error == "The trial has expired. Choose a plan to continue.")
        try store.own.set(plan: .pro)
        #expect(send("GET").error == "This is part of the Enterprise plan.")
    }
}
