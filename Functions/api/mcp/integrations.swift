import Auth
import Base
import Findings
import Function
import HTTP

/// GET /api/mcp/integrations: the connected platforms and the state of their syncs.
@main struct IntegrationsFunction: Function {
    static let onRequestGet = Handler(.apiKey(.read)) { context in
        let integrations = try context.workspace.read(.integrations)
        return .json { json in
            json.field("integrations", integrations)
            json.field("connected_count", integrations.filter { $0.status == "connected" }.count)
            json.field("total_count", integrations.count)
        }
    }
}
