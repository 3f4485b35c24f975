import Auth
import Base
import Integrations
import Store

/// A subscription, as an object from Stripe shows it.
struct Subscription {
    let id: String
    let status: String
    let interval: BillingInterval?
    let priceID: String?
    let periodEnd: Timestamp?
    let beganAt: Timestamp

    /// Reads a subscription. Returns nil if the object is not one, or if it is for another product of the same Stripe
    /// account: its price is not one of ours, and it has no workspace_id in its metadata, which subscriptions from our
    /// checkouts have.
    init?(_ object: JSON, _ prices: Prices) {
        guard let id = object["id"]?.string, let status = object["status"]?.string,
            let created = object["created"]?.integer
        else { return nil }
        self.id = id
        self.status = status
        beganAt = Timestamp(seconds: created)
        // Add-ons are items of the same subscription, in any order.
        let items = object["items"]?["data"]?.array ?? []
        let item = items.first { $0["price"]?["id"]?.string.flatMap(prices.interval) != nil } ?? items.first
        priceID = item?["price"]?["id"]?.string
        let ours = priceID.flatMap(prices.interval)
        guard ours != nil || object["metadata"]?["workspace_id"]?.string != nil else { return nil }
        interval =
            ours
            ?? ["month": .monthly, "year": .annual][item?["price"]?["recurring"]?["interval"]?.string ?? ""]
        // In version 2025-03-31, the period moved from the subscription to its items.
        periodEnd = (item?["current_period_end"] ?? object["current_period_end"])?.integer
            .map { Timestamp(seconds: $0) }
    }
}

extension Workspace {
    /// Returns the workspace's customer id at Stripe; nil if it is not a customer.
    func stripeCustomer() throws -> String? {
        try first("SELECT stripe_customer_id FROM subscriptions WHERE workspace_id = $1") { try $0[0] }
    }

    /// Returns true if the workspace already pays at an interval. A payment that is late does not end a subscription at
    /// once.
    func hasSubscription(_ interval: BillingInterval) throws -> Bool {
        try first(
            """
            SELECT 1 FROM stripe_subscriptions
            WHERE workspace_id = $1 AND billing_interval = $2 AND status IN ('active', 'trialing', 'past_due')
            """, interval
        ) { _ in true } ?? false
    }

    /// Stores the customer of the workspace, unless one is stored already. The customer may be known before the
    /// subscription.
    func note(customer: String, now: Timestamp) throws {
        try execute(
            """
            INSERT INTO subscriptions (workspace_id, stripe_customer_id, updated_at) VALUES ($1, $2, $3)
            ON CONFLICT (workspace_id) DO NOTHING
            """, customer, now)
    }

    /// Returns true if an event's time does not tell if it is newer than the stored state of its subscription. Stripe's
    /// times have whole seconds, and a subscription may change several times within one.
    func isOrderUnclear(of event: BillingEvent, about subscription: String) throws -> Bool {
        let known = try first(
            "SELECT event_order FROM stripe_subscriptions WHERE workspace_id = $1 AND id = $2", subscription
        ) { try $0[0] as String }
        guard let known, known != event.order, event.isAmongChanges else { return false }
        return known.hasPrefix(event.secondOfChanges) || known.hasPrefix(event.orderWhenRead)
    }

    /// Stores the state of a subscription at the position `order`, unless a later one is stored, and applies the
    /// subscription that counts as the workspace's to its plan. So the order in which events arrive makes no
    /// difference.
    func note(_ subscription: Subscription, of customer: String, order: String, now: Timestamp) throws {
        let isLater = try execute(
            """
            INSERT INTO stripe_subscriptions (workspace_id, id, stripe_customer_id, status, billing_interval, price_id,
                current_period_end, began_at, event_order)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (id) DO UPDATE SET
                stripe_customer_id = excluded.stripe_customer_id, status = excluded.status,
                billing_interval = excluded.billing_interval, price_id = excluded.price_id,
                current_period_end = excluded.current_period_end, event_order = excluded.event_order
            WHERE stripe_subscriptions.workspace_id = excluded.workspace_id
                AND stripe_subscriptions.event_order <= excluded.event_order
            """, subscription.id, customer, subscription.status, subscription.interval, subscription.priceID,
            subscription.periodEnd, subscription.beganAt, order)
        guard isLater == 1 else { return }
        try audited {
            let status = try applySubscription(now: now)
            var entry = AuditEntry(
                action: "billing.subscription_updated", targetType: "workspace", targetID: id.description,
                details: ["status": .string(subscription.status), "subscription_id": .string(subscription.id)],
                createdAt: now)
            entry.details["interval"] = subscription.interval.map { .string($0.rawValue) }
            entry.details["plan"] = try changePlan(for: status, now: now).map { .string($0.rawValue) }
            return ((), entry)
        }
    }

    /// Stores the subscription that counts as the workspace's: one that is active, in a trial or past due before all
    /// others, and then the one that began last. Returns its status.
    private func applySubscription(now: Timestamp) throws -> String {
        let counts = try first(
            """
            SELECT stripe_customer_id, id, status, billing_interval, price_id, current_period_end
            FROM stripe_subscriptions WHERE workspace_id = $1
            ORDER BY CASE WHEN status IN ('active', 'trialing', 'past_due') THEN 0 ELSE 1 END, began_at DESC, id DESC
            LIMIT 1
            """
        ) { row in
            (
                customer: try row[0] as String, id: try row[1] as String, status: try row[2] as String,
                interval: try row[3] as BillingInterval?, price: try row[4] as String?, end: try row[5] as Timestamp?
            )
        }
        guard let counts else { throw StoreError.failed("a subscription that was just stored can't be found") }
        try execute(
            """
            INSERT INTO subscriptions (workspace_id, stripe_customer_id, stripe_subscription_id, status, billing_interval,
                price_id, current_period_end, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (workspace_id) DO UPDATE SET
                stripe_customer_id = excluded.stripe_customer_id,
                stripe_subscription_id = excluded.stripe_subscription_id, status = excluded.status,
                billing_interval = excluded.billing_interval, price_id = excluded.price_id,
                current_period_end = excluded.current_period_end, updated_at = excluded.updated_at
            """, counts.customer, counts.id, counts.status, counts.interval, counts.price, counts.end, now)
        return counts.status
    }

    /// Gives or takes away the Pro plan. Returns the new plan; nil if it does not change. An enterprise plan, which is
    /// agreed on elsewhere, stays. After the Pro plan, the rest of a trial can still be used.
    private func changePlan(for status: String, now: Timestamp) throws -> Plan? {
        switch status {
        case "active", "trialing", "past_due":
            return try beginProPlan() ? .pro : nil
        case "canceled", "unpaid", "incomplete_expired", "paused":
            let plan = try endProPlan(now: now)
            if plan == .free { try pauseIntegrationsBeyondFreePlan() }
            return plan
        default: return nil
        }
    }
}
