import Auth
import Base
import Billing
import Function
import HTTP

/// POST /api/create-portal-session: returns the address of a new page at Stripe on which the workspace's subscription
/// can be managed.
@main struct CreatePortalSession: Function {
    static let onRequestPost = Handler(.session(.manageBilling), plan: .any) { context in
        let billing = try Billing(context.env, context.log)
        return .json(try billing.portal(for: context.workspace, now: context.now))
    }
}
