import Auth
import Base
import Billing
import Function
import HTTP
import Operation

/// POST /api/create-checkout: returns the address of a new page at Stripe on which the Pro plan can be bought for the
/// workspace.
@main struct CreateCheckout: Function {
    static let onRequestPost = Handler(
        "create_checkout", .session(.manageBilling), plan: .any,
        "Opens a page at Stripe on which the workspace buys the Pro plan.",
        .required("email", .email, "The address for invoices.", example: .string("billing@example.com")),
        .optional("interval", .oneOf(BillingInterval.self), default: .monthly, "The time between two payments."),
        returns: .json(Checkout.self),
        errors: [BillingError.hasSubscription(.monthly), BillingError.stripeFailed, BillingError.notSetUp]
    ) { context, email, interval in
        let billing = try Billing(context.env, context.log)
        return .json(try billing.checkout(interval, email: email, for: context.workspace, now: context.now))
    }
}
