import Actions
import Auth
import Base
import Function
import HTTP
import Operation

/// POST /api/disconnect-integration: deletes a platform's credentials, and cancels the actions on it that wait for
/// approval, for their first run, or for their next attempt or step.
@main struct DisconnectIntegration: Function {
    static let onRequestPost = Handler(
        .session(.manageIntegrations), .required("integrationId", .uuid, "The integration to disconnect.")
    ) { context, integrationID in
        .json(try context.workspace.disconnect(integrationID))
    }
}
