import Auth
import Base
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import Billing
@testable import api_create_checkout
@testable import api_create_portal_session

/// Stripe pages for buying and managing plans.
@Suite(.usesStore) struct BillingTests {
    private let store: TestStore
    private let stripe: FakeProvider
    private static let key = "sk_test_the_key_of_the_tests"

    init() throws {
        store = try TestStore()
        stripe = try FakeProvider { request in
            guard request.method == "POST", request.headers["Authorization"] == "Bearer " + Self.key,
                request.headers["Stripe-Version"] == "2026-10-28.endive",
                request.headers["Content-Type"] == "application/x-www-form-urlencoded",
                request.headers["Idempotency-Key"].flatMap({ Identifier($0) }) != nil, let form = request.form
            else { return nil }
            switch request.target {
            case "/v1/checkout/sessions" where form.values("mode") == ["subscription"]:
                return .json([
                    "id": "cs_test_1", "object": "checkout.session",
                    "url": "https://checkout.stripe.com/c/pay/cs_test_1",
                    "expires_at": .integer(TestStore.now.seconds + 86_400), "status": "open",
                ])
            case "/v1/billing_portal/sessions" where form.values("customer") == ["cus_own"]:
                return .json([
                    "id": "bps_1", "object": "billing_portal.session", "url": "https://billing.stripe.com/p/session/1",
                ])
            default: return nil
            }
        }
    }

    private func send(
        _ function: any Function.Type, as role: Role = .admin, _ fields: [String: JSON] = [:],
        _ variables: [String: String] = [:]
    ) -> Reply {
        var body = fields
        body["workspaceId"] = .string(store.own.id.description)
        let base = [
            "ENVIRONMENT": "development", "UPSTREAM_STRIPE": stripe.url, "STRIPE_SECRET_KEY": Self.key,
            "STRIPE_PRICE_MONTHLY": "price_monthly", "STRIPE_PRICE_ANNUAL": "price_annual",
            "BILLING_RETURN_URL": "https://app.thalian.ai/settings/billing",
        ]
        return store.send(
            Call("POST", body: .object(body)).session(store.own.token(role)), to: function,
            variables: base.merging(variables) { $1 })
    }

    private func checkout(_ fields: [String: JSON] = [:], as role: Role = .admin) -> Reply {
        send(CreateCheckout.self, as: role, ["email": "billing@example.com"].merging(fields) { $1 })
    }

    private func addCustomer(_ status: String? = nil, _ interval: String? = nil) throws {
        try store.database.execute(
            "INSERT INTO subscriptions (workspace_id, stripe_customer_id, updated_at) VALUES ($1, 'cus_own', $2)",
            store.own.id, TestStore.now)
        guard let status else { return }
        try store.database.execute(
            """
            INSERT INTO stripe_subscriptions (workspace_id, id, stripe_customer_id, status, billing_interval, began_at,
                event_order) VALUES ($1, 'sub_1', 'cus_own', $2, $3, $4, 'x')
            """, store.own.id, status, interval, TestStore.now)
    }

    // MARK: Checkout

    @Test("A checkout page is opened for the chosen interval", arguments: ["monthly", "annual"])
    func aCheckoutIsOpened(_ interval: String) throws {
        let reply = checkout(["interval": .string(interval)])
        #expect(reply.status == 200)
        #expect(
            reply.json == [
                "url": "https://checkout.stripe.com/c/pay/cs_test_1", "sessionId": "cs_test_1",
                "interval": .string(interval), "priceId": .string("price_" + interval),
                "expiresAt": "2026-04-16T12:30:00Z",
            ])
        let form = try #require(stripe.requests.first?.form)
        let id = store.own.id.description
        for (name, value) in [
            ("line_items[0][price]", "price_" + interval), ("line_items[0][quantity]", "1"),
            ("success_url", "https://app.thalian.ai/settings/billing?checkout=success"),
            ("cancel_url", "https://app.thalian.ai/settings/billing?checkout=cancelled"),
            ("customer_email", "billing@example.com"), ("client_reference_id", id), ("metadata[workspace_id]", id),
            ("subscription_data[metadata][workspace_id]", id),
        ] {
            #expect(form.values(name) == [value], "\(name)")
        }
        let entry = try #require(try store.own.auditEntries().first)
        #expect(entry.action == "billing.checkout_started" && entry.details["interval"]?.string == interval)
        #expect(stripe.unexpected.isEmpty)
    }

    @Test("The interval is monthly by default")
    func theIntervalIsMonthlyUnlessSaid() { #expect(checkout().json["interval"] == "monthly") }

    @Test("A known customer is passed to the checkout") func aKnownCustomerPays() throws {
        try addCustomer()
        #expect(checkout().status == 200)
        #expect(stripe.requests.first?.form?.values("customer") == ["cus_own"])
        #expect(stripe.requests.first?.form?.values("customer_email") == [])
    }

    @Test(
        "A workspace with a subscription can't buy the same one again", arguments: ["active", "trialing", "past_due"])
    func nobodyPaysTwice(_ status: String) throws {
        try addCustomer(status, "annual")
        let reply = checkout(["interval": "annual"])
        #expect(reply.status == 409 && reply.error == "This workspace has an active annual subscription already.")
        #expect(stripe.requests.isEmpty)
        #expect(checkout(["interval": "monthly"]).status == 200)
    }

    @Test(
        "A workspace whose subscription is canceled, unpaid or incomplete may subscribe again",
        arguments: ["canceled", "unpaid", "incomplete"]) func whoHasStoppedMayBeginAgain(_ status: String) throws
    {
        try addCustomer(status, "monthly")
        #expect(checkout().status == 200)
    }

    @Test("The e-mail address and the interval must be valid") func anAddressIsAnAddress() {
        for good in [
            "a@b.co", "o'neil+x@sub.example.com", "A.B@EXAMPLE.COM", #""a b"@b.co"#, #""a@\"\\.."@b.co"#,
            "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
        ] {
            #expect(checkout(["email": .string(good)]).status == 200, "\(good)")
        }
        for bad: JSON in [
            "", "a", "a@b", "@b.co", "a@", "a b@c.de", "a@b..co", "a@-b.co", ".a@b.co", "a..b@c.de", "a@b@c.de", 7,
            #""a"b"@b.co"#, #""a\"@b.co"#, #"a"@b.co"#, #""é"@b.co"#, "a@[192.0.2]", "a@[2001:db8::1]",
            "a@[IPv6:192.0.2.1]", "a@[]", "a@b.co\n", .string(String(repeating: "a", count: 65) + "@b.co"), "é@b.co",
        ] {
            let reply = checkout(["email": bad])
            #expect(reply.status == 400 && reply.error == "email must be an e-mail address.", "\(bad)")
        }
        #expect(checkout(["email": .null]).error == "email is required.")
        #expect(checkout(["interval": "weekly"]).error == "interval must be one of monthly, annual.")
    }

    // MARK: Portal

    @Test("The billing portal is opened for a customer") func aPortalIsOpened() throws {
        try addCustomer("active", "monthly")
        let reply = send(CreatePortalSession.self)
        #expect(
            reply.json == [
                "url": "https://billing.stripe.com/p/session/1", "expiresAt": "2026-04-16T12:30:00Z",
            ])
        #expect(stripe.requests.first?.form?.values("return_url") == ["https://app.thalian.ai/settings/billing"])
        #expect(try store.own.auditEntries().map(\.action) == ["billing.portal_opened"])
    }

    @Test("Without a billing account there is no portal") func withoutACustomerThereIsNoPortal() {
        let reply = send(CreatePortalSession.self)
        #expect(reply.status == 404 && reply.error == "This workspace has no billing account yet. Choose a plan first.")
    }

    // MARK: Checkout and portal

    @Test("Only admins manage billing", arguments: Role.allCases) func adminsManageBilling(_ role: Role) throws {
        try addCustomer()
        let status = [.admin, .superAdmin].contains(role) ? 200 : 403
        #expect(checkout(as: role).status == status && send(CreatePortalSession.self, as: role).status == status)
    }

    @Test("A workspace with an expired trial may buy a plan") func anExpiredTrialMayBuy() throws {
        try addCustomer()
        try store.own.set(plan: .trial, trialEnd: TestStore.now - .days(30))
        #expect(checkout().status == 200 && send(CreatePortalSession.self).status == 200)
    }

    @Test("Stripe's errors are answered without their text, and are not retried", arguments: [400, 401, 402, 404])
    func stripesErrorsAreOurs(_ status: Int) throws {
        try addCustomer()
        for function in [CreateCheckout.self, CreatePortalSession.self] as [any Function.Type] {
            stripe.fail(
                .json(["error": ["type": "x", "message": "No such price: sk_test_inner"]], status: status))
            let reply = send(function, function == CreateCheckout.self ? ["email": "a@b.co"] : [:])
            #expect(reply.status == 500)
            #expect(reply.error == "Our payment provider did not answer as it should. Try again later.")
        }
        #expect(stripe.requests.count == 2, "what is refused is not sent again")
        #expect(try store.own.auditEntries().isEmpty)
    }

    /// The retry has the same idempotency key, so that the request is carried out once.
    @Test("A failed request to Stripe is retried with the same idempotency key")
    func aFailureIsTriedAgainWithTheSameKey() {
        stripe.fail(.init(503))
        stripe.fail(.init(400, headers: ["Stripe-Should-Retry": "true"]))
        #expect(checkout().status == 200)
        #expect(Set(stripe.requests.map { $0.headers["Idempotency-Key"] ?? "" }).count == 1)
        #expect(stripe.requests.count == 3 && Set(stripe.requests.map(\.text)).count == 1)
        stripe.fail(.init(503, headers: ["Stripe-Should-Retry": "false"]))
        #expect(checkout().status == 500 && stripe.requests.count == 4)
    }

    @Test(
        "If one of its settings is missing, the checkout answers 503",
        arguments: ["STRIPE_SECRET_KEY", "STRIPE_PRICE_MONTHLY", "BILLING_RETURN_URL"])
    func whatIsNotSetUpSaysSo(_ name: String) {
        let reply = send(CreateCheckout.self, ["email": "a@b.co"], [name: ""])
        #expect(reply.status == 503 && reply.error == "Billing is not set up on this server.")
        #expect(stripe.requests.isEmpty)
    }

    @Test("Our requests are the same as those of Stripe's SDK", .enabled(if: SDK.isThere))
    func ourRequestsAreWhatTheSDKSends() throws {
        #expect(
            checkout().status == 200 && checkout(["email": "o'neil+x@example.com", "interval": "annual"]).status == 200)
        try addCustomer()
        #expect(checkout().status == 200 && send(CreatePortalSession.self).status == 200)
        let said = try SDK.run(
            "stripe_requests.py",
            [
                "key": .string(Self.key),
                "requests": .array(stripe.requests.map { SDK.described($0, body: .string($0.text)) }),
            ])
        #expect(said == "compared 4\n")
    }
}
