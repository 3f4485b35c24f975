import Auth
import Base
import Billing
import Function
import HTTP

/// POST /api/create-portal-session: opens a page at Stripe on which the workspace manages its subscription.
@main struct CreatePortalSession: Function {
    static let onRequestPost = Handler(.session(.manageBilling), plan: .any) { context in
        let billing = try Billing(context.env, context.log)
        return .json(try billing.portal(for: context.workspace, now: context.now))
    }
}
