import Auth
import Base
import Billing
import Function
import HTTP

/// POST /api/create-portal-session: returns the address of a new page at Stripe on which the workspace's subscription
/// can be managed.
@main struct CreatePortalSession: Function {
    static let onRequestPost = Handler(
        "create_portal_session", .session(.manageBilling), plan: .any,
        "Opens a page at Stripe on which the workspace manages its subscription.",
        returns: .json(PortalSession.self),
        errors: [BillingError.noCustomer, BillingError.stripeFailed, BillingError.notSetUp]
    ) { context in
        let billing = try Billing(context.env, context.log)
        return .json(try billing.portal(for: context.workspace, now: context.now))
    }
}
