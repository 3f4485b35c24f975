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
        .session(.manageBilling), plan: .any,
        .required("email", .email, "The address for invoices."),
        .optional("interval", .oneOf(BillingInterval.self), default: .monthly, "The time between two payments.")
    ) { context, email, interval in
        let billing = try Billing(context.env, context.log)
        return .json(try billing.checkout(interval, email: email, for: context.workspace, now: context.now))
    }
}
