import Base
import Findings
import Function
import HTTP

/// POST /api/disconnect-integration: wipes a platform's credentials and cancels what waits to be done there.
@main struct DisconnectIntegration: Function {
    static let onRequestPost = Handler(
        .session(.manageIntegrations), .required("integrationId", .uuid, "The integration to disconnect.")
    ) { context, integrationID in
        .json(try context.workspace.disconnect(integrationID))
    }
}
