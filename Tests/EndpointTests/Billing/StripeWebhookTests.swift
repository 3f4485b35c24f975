import Auth
import Base
import Crypto
import HTTP
import Store
import Synchronization
import TestSupport
import Testing

@testable import Billing
@testable import api_stripe_webhook

/// Events from Stripe: signed, each applied once, accepted in any order.
@Suite(.usesStore) struct StripeWebhookTests {
    private let store: TestStore
    private static let secret = "whsec_the_long_secret_of_the_tests"

    init() throws {
        store = try TestStore()
        try store.own.set(plan: .free)
    }

    private func signature(_ body: [UInt8], at time: Int = TestStore.now.seconds, secret: String = secret) -> String {
        "t=\(time),v1=" + Hex.encode(hmacSHA256(Array("\(time).".utf8) + body, key: Array(secret.utf8)))
    }

    private func send(_ body: [UInt8], _ signature: String?, _ variables: [String: String] = [:]) -> Reply {
        var call = Call("POST")
        call.body = .bytes(body)
        call.headers["Stripe-Signature"] = signature
        let base = [
            "STRIPE_WEBHOOK_SECRET": Self.secret, "STRIPE_PRICE_MONTHLY": "price_monthly",
            "STRIPE_PRICE_ANNUAL": "price_annual",
        ]
        return store.send(call, to: StripeWebhook.self, variables: base.merging(variables) { $1 })
    }

    private func send(_ event: JSON) -> Reply {
        let body = JSONWriter.bytes(event)
        return send(body, signature(body))
    }

    /// Returns an event about a subscription; `at` and `began` are in seconds after the tests' time.
    private func event(
        _ type: String, _ status: String, at: Int = 0, id: String? = nil, subscription: String = "sub_1",
        began: Int = 0, price: String = "price_monthly", customer: String = "cus_1", workspace: Identifier? = nil
    ) -> JSON {
        [
            "id": .string(id ?? "evt_\(type)_\(status)_\(at)_\(subscription)"), "object": "event",
            "type": .string("customer.subscription." + type), "created": .integer(TestStore.now.seconds + at),
            "data": [
                "object": [
                    "id": .string(subscription), "object": "subscription", "customer": .string(customer),
                    "status": .string(status), "created": .integer(TestStore.now.seconds + began),
                    "metadata": ["workspace_id": .string((workspace ?? store.own.id).description)],
                    "items": [
                        "data": [
                            [
                                "price": ["id": .string(price), "recurring": ["interval": "month"]],
                                "current_period_end": .integer(TestStore.now.seconds + .days(30)),
                            ]
                        ]
                    ],
                ]
            ],
        ]
    }

    private func plan(_ workspace: TestWorkspace? = nil) throws -> String? {
        try store.database.first("SELECT plan FROM workspaces WHERE id = $1", (workspace ?? store.own).id) { try $0[0] }
    }

    private func subscription() throws -> [String?] {
        try store.database.rows(
            """
            SELECT stripe_customer_id, stripe_subscription_id, status, billing_interval, price_id, current_period_end
            FROM subscriptions WHERE workspace_id = $1
            """, store.own.id
        ) { row in try (0..<6).map { try row[$0] as String? } }.first ?? []
    }

    // MARK: Effects

    @Test("An active subscription gives the Pro plan") func aSubscriptionGivesThePlan() throws {
        let reply = send(event("created", "active"))
        #expect(reply.status == 200 && reply.json == ["received": true])
        #expect(try plan() == "pro")
        #expect(
            try subscription() == ["cus_1", "sub_1", "active", "monthly", "price_monthly", "2026-05-15T12:30:00Z"])
        let entry = try #require(try store.own.auditEntries().first)
        #expect(entry.action == "billing.subscription_updated" && entry.userID == nil)
        #expect(
            entry.details == [
                "status": "active", "subscription_id": "sub_1", "interval": "monthly", "plan": "pro",
            ])
    }

    @Test("A cancelled subscription ends the plan, and surplus integrations pause") func itsEndTakesThePlan() throws {
        for number in 0..<5 { try store.own.addIntegration("platform\(number)") }
        #expect(send(event("created", "active")).status == 200)
        #expect(send(event("deleted", "canceled", at: 60)).status == 200)
        #expect(try plan() == "free" && subscription()[2] == "canceled")
        let paused = try store.database.first(
            "SELECT count(*) FROM integrations WHERE workspace_id = $1 AND status = 'paused'", store.own.id
        ) { try $0[0] as Int }
        #expect(paused == 2, "the free plan has three")
    }

    @Test("After a subscription, the rest of a trial continues") func whatIsLeftOfATrialStays() throws {
        try store.own.set(plan: .trial, trialEnd: TestStore.now + .days(10))
        #expect(send(event("created", "active")).status == 200)
        #expect(try plan() == "pro")
        #expect(send(event("deleted", "canceled", at: 60)).status == 200)
        #expect(try plan() == "trial")
    }

    @Test("The Enterprise plan is not changed by events") func enterpriseIsAgreedOnElsewhere() throws {
        try store.own.set(plan: .enterprise)
        _ = send(event("created", "active"))
        #expect(try plan() == "enterprise")
        _ = send(event("deleted", "canceled", at: 60))
        #expect(try plan() == "enterprise")
    }

    @Test(
        "A status that follows active leads to the expected plan",
        arguments: [
            ("trialing", "pro"), ("past_due", "pro"), ("unpaid", "free"), ("incomplete_expired", "free"),
            ("paused", "free"),
            ("incomplete", "pro"),
        ])
    func eachStatusHasItsPlan(_ status: String, _ plan: String) throws {
        _ = send(event("created", "active"))
        _ = send(event("updated", status, at: 5))
        #expect(try self.plan() == plan)
    }

    @Test("An incomplete subscription gives no plan") func anIncompleteOneGivesNothing() throws {
        _ = send(event("created", "incomplete"))
        #expect(try plan() == "free")
    }

    @Test("A completed checkout links the customer to the workspace") func aCheckoutNamesTheCustomer() throws {
        let event: JSON = [
            "id": "evt_1", "type": "checkout.session.completed", "created": .integer(TestStore.now.seconds),
            "data": [
                "object": [
                    "customer": "cus_1", "metadata": ["workspace_id": .string(store.own.id.description)],
                    "subscription": "sub_1",
                ]
            ],
        ]
        #expect(send(event).status == 200)
        #expect(try subscription().first == "cus_1" && plan() == "free")
        // A subscription from Stripe's own pages names no workspace.
        var later = try #require(self.event("created", "active").object)
        var object = try #require(later["data"]?["object"]?.object)
        object["metadata"] = [:]
        later["data"] = ["object": .object(object)]
        #expect(send(.object(later)).status == 200)
        #expect(try plan() == "pro")
    }

    /// Anyone can append client_reference_id, with the id of any workspace, to a Payment Link's address.
    @Test("A Payment Link's reference does not link a customer to a workspace")
    func aReferenceOfAPaymentLinkBindsNoCustomer() throws {
        for metadata: JSON in [[:], .null, ["workspace_id": "x"]] {
            let event: JSON = [
                "id": "evt_1", "type": "checkout.session.completed", "created": .integer(TestStore.now.seconds),
                "data": [
                    "object": [
                        "customer": "cus_stranger", "client_reference_id": .string(store.own.id.description),
                        "subscription": "sub_1", "payment_link": "plink_1", "metadata": metadata,
                    ]
                ],
            ]
            #expect(send(event).status == 200)
        }
        #expect(try subscription().isEmpty && store.own.auditEntries().isEmpty)
        // The stranger's subscription to one of our prices does not give the workspace a plan.
        var later = try #require(self.event("created", "active", customer: "cus_stranger").object)
        var object = try #require(later["data"]?["object"]?.object)
        object["metadata"] = [:]
        later["data"] = ["object": .object(object)]
        #expect(send(.object(later)).status == 200)
        #expect(try plan() == "free" && subscription().isEmpty)
    }

    /// A known customer stays linked to its workspace, whatever an event's metadata says.
    @Test("A known customer can't be moved to another workspace") func aCustomerStaysWhoHeIs() throws {
        try store.other.set(plan: .free)
        _ = send(event("created", "active"))
        _ = send(event("created", "active", at: 5, subscription: "sub_2", workspace: store.other.id))
        #expect(try plan(store.other) == "free" && store.other.auditEntries().isEmpty)
    }

    // MARK: Repeated and unordered events

    @Test("A repeated event counts once") func anEventCountsOnce() throws {
        for _ in 0..<3 { #expect(send(event("created", "active")).status == 200) }
        #expect(try store.own.auditEntries().count == 1)
        #expect(try store.database.first("SELECT count(*) FROM billing_events") { try $0[0] as Int } == 1)
    }

    @Test("The same event sent many times at once counts once") func ofManyAtOnceOneCounts() throws {
        let body = JSONWriter.bytes(event("created", "active"))
        let environment = store.environment(["STRIPE_WEBHOOK_SECRET": Self.secret])
        var call = Call("POST").with("Stripe-Signature", signature(body))
        call.body = .bytes(body)
        let sent = call
        Threads(count: 6) { _ in
            #expect(TestPipeline(StripeWebhook.self, environment).send(sent).status == 200)
        }.join()
        #expect(try store.own.auditEntries().count == 1)
    }

    /// A customer may buy other products from the same Stripe account, which give no plan.
    @Test(
        "A later subscription without metadata counts only if its price is one of ours",
        arguments: [("price_of_a_book", "free"), ("price_annual", "pro")])
    func whatElseACustomerBuysIsIgnored(_ price: String, _ plan: String) throws {
        #expect(send(event("created", "active")).status == 200)
        #expect(send(event("deleted", "canceled", at: 60)).status == 200)
        var other = event("created", "active", at: 90, subscription: "sub_2", price: price).object ?? [:]
        var data = other["data"]?.object ?? [:]
        var object = data["object"]?.object ?? [:]
        object["metadata"] = [:]
        data["object"] = .object(object)
        other["data"] = .object(data)
        #expect(send(.object(other)).status == 200)
        #expect(try self.plan() == plan)
    }

    /// An add-on may be the first item of a subscription.
    @Test(
        "Our price is found among several items of a subscription",
        arguments: [["price_addon", "price_annual"], ["price_annual", "price_addon"]])
    func ourPriceCountsAmongSeveralItems(_ prices: [String]) throws {
        var event = event("created", "active").object ?? [:]
        var object = event["data"]?["object"]?.object ?? [:]
        object["metadata"] = [:]
        object["items"] = [
            "data": .array(prices.map { ["price": ["id": .string($0), "recurring": ["interval": "month"]]] })
        ]
        try store.database.execute(
            "INSERT INTO subscriptions (workspace_id, stripe_customer_id, updated_at) VALUES ($1, 'cus_1', $2)",
            store.own.id, TestStore.now)
        event["data"] = ["object": .object(object)]
        #expect(send(.object(event)).status == 200)
        #expect(try plan() == "pro" && subscription()[3] == "annual" && subscription()[4] == "price_annual")
    }

    /// Sends events to a webhook that can read the subscription from Stripe; returns the statuses. Stripe answers with
    /// the subscription of the event `current`, or with the status `failing`.
    private func send(_ events: [JSON], current: JSON, failing: Int? = nil) throws -> [Int] {
        let object = current["data"]?["object"] ?? .null
        let provider = try FakeProvider { request in
            request.target == "/v1/subscriptions/sub_1" && request.headers["Authorization"] == "Bearer sk_test"
                ? failing.map { .init($0) } ?? .json(object) : nil
        }
        let statuses = events.map { event in
            let body = JSONWriter.bytes(event)
            return send(body, signature(body), ["UPSTREAM_STRIPE": provider.url]).status
        }
        #expect(provider.unexpected.isEmpty)
        return statuses
    }

    /// A customer who changes from monthly to annual may cause several events in one second, and their ids have no
    /// order.
    @Test("If the order of events is unclear, the subscription is read from Stripe")
    func whatTheOrderDoesNotTellIsReadFromStripe() throws {
        let monthly = event("updated", "active", id: "evt_9")
        let annual = event("updated", "active", id: "evt_1", price: "price_annual")
        for (number, order) in [[monthly, annual], [annual, monthly]].enumerated() {
            if number == 1 {
                for table: SQL in ["DELETE FROM billing_events", "DELETE FROM stripe_subscriptions"] {
                    try store.database.execute(table)
                }
            }
            #expect(try send([event("created", "active", at: -5)] + order, current: annual) == [200, 200, 200])
            #expect(try subscription()[3] == "annual")
        }
        // A third event of the same second leads to another read from Stripe. An event of a later second counts without
        // one.
        let third = event("updated", "past_due", id: "evt_5", price: "price_annual")
        #expect(try send([third], current: third) == [200])
        #expect(try subscription()[2] == "past_due")
        #expect(send(event("updated", "active", at: 1)).status == 200)
        #expect(try subscription()[2] == "active" && subscription()[3] == "monthly")
        #expect(send(event("deleted", "canceled", at: 1)).status == 200)
        #expect(try subscription()[2] == "canceled")
    }

    @Test("If Stripe can't be read, the event gets 503 and is accepted later")
    func aStripeThatCannotBeReadIsAskedAgain() throws {
        let monthly = event("updated", "active", id: "evt_9")
        let annual = event("updated", "active", id: "evt_1", price: "price_annual")
        #expect(try send([monthly, annual], current: annual, failing: 401) == [200, 503])
        #expect(try subscription()[3] == "monthly")
        #expect(try send([annual], current: annual) == [200])
        #expect(try subscription()[3] == "annual")
    }

    /// The ids of the events, which mean nothing, are in the opposite order. Without a key for Stripe, the statuses
    /// decide.
    @Test(
        "If two events happened in the same second, the one with the later status counts",
        arguments: [("incomplete", "active"), ("past_due", "active"), ("trialing", "active"), ("active", "unpaid")])
    func ofTwoInOneSecondTheOneThatFollowsCounts(_ earlier: String, _ later: String) throws {
        let events = [event("updated", earlier, id: "evt_9"), event("updated", later, id: "evt_1")]
        for (number, order) in [events, events.reversed()].enumerated() {
            if number == 1 {
                for table: SQL in ["DELETE FROM billing_events", "DELETE FROM stripe_subscriptions"] {
                    try store.database.execute(table)
                }
            }
            for event in order {
                let body = JSONWriter.bytes(event)
                #expect(send(body, signature(body), ["STRIPE_SECRET_KEY": ""]).status == 200)
            }
            #expect(try subscription()[2] == later)
        }
    }

    /// The test sends the events of two subscriptions in every order.
    @Test("The order of events makes no difference") func theOrderMakesNoDifference() throws {
        let events = [
            event("created", "incomplete", at: 0), event("updated", "active", at: 0),
            event("updated", "active", at: 9, price: "price_annual"), event("deleted", "canceled", at: 20),
            event("created", "active", at: 15, subscription: "sub_2", began: 15),
        ]
        func permutations(_ rest: [JSON]) -> [[JSON]] {
            rest.isEmpty
                ? [[]]
                : rest.indices.flatMap { index in
                    var others = rest
                    let first = others.remove(at: index)
                    return permutations(others).map { [first] + $0 }
                }
        }
        for order in permutations(events) {
            try store.own.set(plan: .free)
            for table: SQL in [
                "DELETE FROM billing_events", "DELETE FROM stripe_subscriptions", "DELETE FROM subscriptions",
            ] {
                try store.database.execute(table)
            }
            for event in order { #expect(send(event).status == 200) }
            #expect(try plan() == "pro" && subscription()[1] == "sub_2" && subscription()[2] == "active")
        }
    }

    @Test("Within one second, the cancellation counts") func theEndWinsWithinASecond() throws {
        _ = send(event("deleted", "canceled"))
        _ = send(event("updated", "active"))
        _ = send(event("created", "active"))
        #expect(try plan() == "free" && subscription()[2] == "canceled")
    }

    /// The end of an older subscription does not affect the one that is paid for.
    @Test("The end of one subscription does not end another") func oneSubscriptionDoesNotEndAnother() throws {
        _ = send(event("created", "active"))
        _ = send(event("created", "active", at: 10, subscription: "sub_2", began: 10, price: "price_annual"))
        _ = send(event("deleted", "canceled", at: 20))
        #expect(try plan() == "pro" && subscription()[1] == "sub_2" && subscription()[3] == "annual")
    }

    // MARK: Ignored events

    @Test("Unknown events are accepted and change nothing") func whatIsUnknownIsAccepted() throws {
        for event: JSON in [
            ["id": "evt_1", "type": "invoice.paid", "created": 1, "data": ["object": ["customer": "cus_1"]]],
            ["id": "evt_2", "type": "something.new", "created": 1, "data": ["object": [:]]],
            event("created", "active", workspace: .random()),
            [
                "id": "evt_3", "type": "customer.subscription.updated", "created": 1,
                "data": ["object": ["customer": "cus_1"]],
            ],
            ["id": "evt_4", "type": "checkout.session.completed", "created": 1, "data": ["object": ["customer": nil]]],
        ] {
            #expect(send(event).status == 200)
        }
        #expect(try plan() == "free" && subscription().isEmpty && store.own.auditEntries().isEmpty)
    }

    // MARK: The signature

    @Test("A signature is valid for five minutes") func aSignatureHoldsForFiveMinutes() {
        let body = JSONWriter.bytes(event("created", "active"))
        let now = TestStore.now.seconds
        for (age, status) in [(0, 200), (300, 200), (301, 400), (3_600, 400)] {
            #expect(send(body, signature(body, at: now - age)).status == status, "\(age)")
        }
    }

    @Test("An event without a valid signature is refused and changes nothing")
    func withoutASignatureThatHoldsNothingHappens() throws {
        let body = JSONWriter.bytes(event("created", "active"))
        let good = signature(body)
        let hex = good.split(separator: "=")[2]
        for bad in [
            nil, "", "t=1", "v1=\(hex)", "t=\(TestStore.now.seconds)", "t=x,v1=\(hex)",
            good.replacing("v1=", with: "v0="),
            String(good.dropLast()), good + "0", good.uppercased(), signature(body, secret: "whsec_other"),
            signature(body + [0x20]), good.replacing("t=", with: "t=0"), "nonsense", "t=\(TestStore.now.seconds),v1",
            "t=\(TestStore.now.seconds + 1),v1=\(hex)",
        ] {
            let reply = send(body, bad)
            #expect(
                reply.status == 400 && reply.error == "The Stripe-Signature is missing or not valid.",
                "\(bad ?? "none")")
        }
        #expect(try plan() == "free" && subscription().isEmpty)
        #expect(send(body, "t=\(TestStore.now.seconds),v1=00,v1=\(hex)").status == 200, "one of several holds")
    }

    @Test("A signed body that is not an event is refused") func aSignedBodyThatIsNoEventIsRefused() {
        for text in [
            "", "{", "[]", #"{"id":"evt_1"}"#, #"{"id":"evt_1","type":"x","created":"now","data":{"object":{}}}"#,
        ] {
            let body = Array(text.utf8)
            #expect(send(body, signature(body)).status == 400)
        }
    }

    @Test("Without a webhook secret, every event gets 503") func withoutASecretNothingIsBelieved() {
        let body = JSONWriter.bytes(event("created", "active"))
        let reply = send(body, signature(body, secret: ""), ["STRIPE_WEBHOOK_SECRET": ""])
        #expect(reply.status == 503 && reply.error == "Billing is not set up on this server.")
    }

    /// An attacker who guesses a short secret could give any workspace a plan.
    @Test("A webhook secret that is too short is not used") func aShortSecretSignsNothing() throws {
        let secret = "whsec_of_32_bytes_which_is_right"
        for secret in [String(secret.dropLast()), "a"] {
            let body = JSONWriter.bytes(event("created", "active"))
            let reply = send(body, signature(body, secret: secret), ["STRIPE_WEBHOOK_SECRET": secret])
            #expect(reply.status == 500)
        }
        #expect(try plan() == "free")
        let body = JSONWriter.bytes(event("created", "active"))
        #expect(send(body, signature(body, secret: secret), ["STRIPE_WEBHOOK_SECRET": secret]).status == 200)
    }

    /// If the audit entry fails, the plan does not change, and Stripe sends the event again.
    @Test("An event whose audit entry fails is undone") func anEventWithoutItsEntryIsUndone() throws {
        try store.own.endAuditLog()
        #expect(send(event("created", "active")).status == 500)
        #expect(try plan() == "free" && subscription().isEmpty)
        #expect(try store.database.first("SELECT count(*) FROM billing_events") { try $0[0] as Int } == 0)
    }

    @Test("Signatures of Stripe's SDK are accepted", .enabled(if: SDK.isThere))
    func whatTheSDKSignsIsAccepted() throws {
        let body = JSONWriter.bytes(event("created", "active"))
        let said = try SDK.run(
            "stripe_signature.py",
            [
                "body": .string(String(decoding: body, as: UTF8.self)), "secret": .string(Self.secret),
                "time": .integer(TestStore.now.seconds),
            ])
        #expect(send(body, said.split(separator: "\n").first.map(String.init)).status == 200)
        #expect(try plan() == "pro")
    }
}
