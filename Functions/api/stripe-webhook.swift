import Base
import Billing
import Function
import HTTP

/// POST /api/stripe-webhook: receives Stripe's events, and applies those about subscriptions and completed
/// checkouts. Stripe's signature authenticates the request.
@main struct StripeWebhook: Function {
    static let onRequestPost = Handler.signed(
        "receive_stripe_event", "Receives Stripe's events about subscriptions.",
        headers: [HeaderField("Stripe-Signature", .string, "Stripe's signature of the body.")],
        returns: .json(.field("received", .boolean, "True.")),
        errors: [BillingError.invalidSignature, BillingError.invalidEvent, BillingError.unreadSubscription],
        { request, env, now in
            try BillingEvent(request, env, now: now)
        }
    ) { context, event in
        let stripe = context.env["STRIPE_SECRET_KEY"] == nil ? nil : try StripeClient(context.env, context.log)
        try context.access.apply(event, Prices(context.env), stripe: stripe, now: context.now)
        return .json { $0.field("received", true) }
    }
}
