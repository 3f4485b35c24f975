import Findings
import Function

/// /api/mcp/app-policy: the workspace's decision about an application. GET returns the decision, POST changes it.
@main struct AppPolicyFunction: Function {
    static let onRequestGet = Handler(.appPolicy)
    static let onRequestPost = Handler(.setAppPolicy)
}
