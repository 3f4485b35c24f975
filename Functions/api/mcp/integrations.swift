import Function
import Integrations

/// GET /api/mcp/integrations: the connected platforms and the state of their syncs.
@main struct IntegrationsFunction: Function {
    static let onRequestGet = Handler(.listIntegrations)
}
