import Actions
import Auth
import Base
import Findings
import Integrations
import Jobs
public import Operation

extension Operation<RemediationRequest> {
    public static var remediateFinding: Operation {
        Operation(
            "remediate_finding", .apiKey(.write), "Queues an action that mends what a finding is about.",
            .required("findingId", .uuid, "The finding to act on."),
            .optional(
                "actionType", .oneOf(ActionType.self), "The action; default: the one that the finding recommends."),
            .optional("reason", .string(1...1000), "The reason, for the audit log."),
            errors: [
                RemediationError.noRecommendedAction, FindingError.unknown,
                RemediationError.unknownFindingTarget(.suspendUser, on: ["okta"]),
                RemediationError.planLacksAccessReviews,
                RemediationError.alreadyWaiting(.suspendUser, for: "finding"),
                IntegrationError.notConnected(.okta),
            ]
        ) { context, findingID, actionType, reason in
            let (remediation, workspace) = (Remediation(context.env), context.workspace)
            let request = try remediation.request(
                of: findingID, by: actionType, reason: reason, in: workspace, now: context.now)
            context.waitUntil {
                let runner = JobRunner([.remediation: remediation.handler], seconds: 20, context.log)
                _ = try remediation.run(request.action, by: runner, in: workspace)
            }
            return request
        }
    }
}
