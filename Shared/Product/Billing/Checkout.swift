public import Auth
public import Base
import Store
import Upstream

/// A page at Stripe on which the Pro plan is bought.
public struct Checkout: Described {
    let url: String
    let sessionID: String
    let interval: BillingInterval
    let priceID: String
    let expiresAt: Timestamp

    public static var schema: JSONSchema {
        .object(
            .field("url", .string(format: "uri"), "The page to which the person is sent."),
            .field("sessionId", .string, "The id of the session at Stripe."),
            .field("interval", .oneOf(BillingInterval.self), "The time between two payments."),
            .field("priceId", .string, "The id of the price at Stripe."),
            .field("expiresAt", .timestamp, "The time at which the page closes."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("url", url)
            json.field("sessionId", sessionID)
            json.field("interval", interval.rawValue)
            json.field("priceId", priceID)
            json.field("expiresAt", expiresAt)
        }
    }
}

/// A page at Stripe on which a subscription is managed.
public struct PortalSession: Described {
    let url: String
    let expiresAt: Timestamp

    public static var schema: JSONSchema {
        .object(
            .field("url", .string(format: "uri"), "The page to which the person is sent."),
            .field("expiresAt", .timestamp, "The time at which the page closes."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("url", url)
            json.field("expiresAt", expiresAt)
        }
    }
}

/// Purchase and management of a workspace's plan.
public struct Billing {
    /// The seconds for which a page at Stripe is taken to be open, if Stripe does not state its end.
    private static let pageLifetime = Int.days(1)

    private let client: StripeClient
    private let prices: Prices
    private let returnURL: String

    /// Creates billing from the variables STRIPE_SECRET_KEY, STRIPE_PRICE_MONTHLY, STRIPE_PRICE_ANNUAL, and
    /// BILLING_RETURN_URL, the page of the product to which Stripe sends people back.
    /// - Throws: `BillingError` if the secret key or the return address is missing; `EnvironmentError` if a variable
    ///   about connections is malformed, or if there is no file with certificate authorities.
    public init(_ environment: Environment, pause: Double = 0.5, _ log: Log) throws {
        client = try StripeClient(environment, pause: pause, log)
        prices = Prices(environment)
        guard let returnURL = environment["BILLING_RETURN_URL"] else { throw BillingError.notSetUp }
        self.returnURL = returnURL
    }

    /// Creates a page at Stripe on which the Pro plan can be bought for the workspace, and its audit entry.
    /// - Throws: `BillingError` if the workspace already pays at that interval, if the interval has no price, or if
    ///   Stripe does not create the page.
    public func checkout(
        _ interval: BillingInterval, email: String, for workspace: Workspace, now: Timestamp
    ) throws -> Checkout {
        guard try !workspace.hasSubscription(interval) else {
            throw BillingError.hasSubscription(interval)
        }
        let price = try prices.id(interval)
        let id = workspace.id.description
        var fields = [
            (name: "mode", value: "subscription"), ("line_items[0][price]", price), ("line_items[0][quantity]", "1"),
            ("success_url", returnURL + "?checkout=success"), ("cancel_url", returnURL + "?checkout=cancelled"),
            ("client_reference_id", id), ("metadata[workspace_id]", id),
            ("subscription_data[metadata][workspace_id]", id),
        ]
        if let customer = try workspace.stripeCustomer() {
            fields.append(("customer", customer))
        } else {
            fields.append(("customer_email", email))
        }
        let session = try client.create("/v1/checkout/sessions", fields)
        guard let url = session["url"]?.string, let sessionID = session["id"]?.string else {
            throw BillingError.stripeFailed
        }
        try workspace.audited {
            let entry = AuditEntry(
                action: "billing.checkout_started", targetType: "workspace", targetID: id,
                details: ["interval": .string(interval.rawValue), "price_id": .string(price)], createdAt: now)
            return ((), entry)
        }
        let expiresAt = session["expires_at"]?.integer.map { Timestamp(seconds: $0) } ?? now + Self.pageLifetime
        return Checkout(url: url, sessionID: sessionID, interval: interval, priceID: price, expiresAt: expiresAt)
    }

    /// Creates a page at Stripe on which the workspace's subscription can be managed, and its audit entry.
    /// - Throws: `BillingError` if the workspace is not a customer at Stripe, or if Stripe does not create the page.
    public func portal(for workspace: Workspace, now: Timestamp) throws -> PortalSession {
        guard let customer = try workspace.stripeCustomer() else {
            throw BillingError.noCustomer
        }
        let session = try client.create(
            "/v1/billing_portal/sessions", [("customer", customer), ("return_url", returnURL)])
        guard let url = session["url"]?.string else { throw BillingError.stripeFailed }
        try workspace.audited {
            let entry = AuditEntry(
                action: "billing.portal_opened", targetType: "workspace", targetID: workspace.id.description,
                createdAt: now)
            return ((), entry)
        }
        return PortalSession(url: url, expiresAt: now + Self.pageLifetime)
    }
}
