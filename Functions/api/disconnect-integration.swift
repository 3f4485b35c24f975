import Actions
import Auth
import Base
import Function
import HTTP
import Integrations
import Operation

/// POST /api/disconnect-integration: deletes a platform's credentials, and cancels the actions on it that wait for
/// approval, for their first run, or for their next attempt or step.
@main struct DisconnectIntegration: Function {
    static let onRequestPost = Handler(
        "disconnect_integration", .session(.manageIntegrations),
        "Deletes a platform's credentials and cancels the actions that wait for it. Data and findings stay.",
        .required("integrationId", .uuid, "The integration to disconnect."),
        returns: .json(Disconnection.self), errors: [IntegrationError.unknown]
    ) { context, integrationID in
        .json(try context.workspace.disconnect(integrationID))
    }
}
