import Base
import Findings
import Function
import HTTP
import Jobs
import Remediation

/// POST /api/mcp/findings/remediate: queues an action that solves the problem of a finding.
@main struct RemediateFunction: Function {
    static let onRequestPost = Handler(
        .apiKey(.write),
        .required("findingId", .uuid, "The finding to act on."),
        .optional("actionType", .oneOf(ActionType.self), "The action; default: the one that the finding recommends."),
        .optional("reason", .string(1...1000), "The reason, for the audit log.")
    ) { context, findingID, actionType, reason in
        let remediation = Remediation(context.env)
        let request = try remediation.request(of: findingID, by: actionType, reason: reason, in: context.workspace)
        context.waitUntil {
            let runner = JobRunner([.remediation: remediation.handler], seconds: 20, context.log)
            _ = try remediation.run(request.action, by: runner, in: context.workspace)
        }
        return .json(request)
    }
}
