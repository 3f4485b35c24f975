import Function
import Integrations

/// GET /api/mcp/integrations: returns the workspace's integrations and the state of their syncs.
@main struct IntegrationsFunction: Function {
    static let onRequestGet = Handler(.listIntegrations)
}
