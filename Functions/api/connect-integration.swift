import Analysis
import Auth
import Base
import Function
import HTTP
import Integrations
import Jobs
import Operation
import Sync

/// POST /api/connect-integration: checks a platform's credentials with the provider, stores them encrypted, and queues
/// a sync, which runs after the response if possible.
@main struct ConnectIntegration: Function {
    static let onRequestPost = Handler(
        "connect_integration", .session(.manageIntegrations),
        "Checks a platform's credentials with the provider, stores them encrypted, and starts the first sync.",
        .required("platform", .string(1...64), "The platform, such as okta.", example: .string("okta")),
        .required(
            "config", .object, "The platform's credentials. The fields depend on the platform.",
            example: .object(["domain": .string("example.okta.com"), "api_token": .string("00abc")])),
        returns: .json(
            .field("success", .boolean, "True."),
            .field("integrationId", .uuid, "The integration's id.")),
        errors: [
            IntegrationError.limitReached(3), SyncError.unknownPlatform, SyncFailure.refusedCredentials,
        ]
    ) { context, platform, config in
        let tools = SyncTools(context.env)
        let (id, sync) = try context.workspace.connect(platform, config: config, with: tools, seconds: 20)
        context.waitUntil {
            let runner = JobRunner([.sync: .sync(tools), .analysis: .analysis], seconds: 30, context.log)
            if let sync { try runner.run(sync, in: context.workspace) }
            if let analysis = try context.workspace.queuedAnalysis() {
                try runner.run(analysis, in: context.workspace)
            }
        }
        return .json { json in
            json.field("success", true)
            json.field("integrationId", id)
        }
    }
}
