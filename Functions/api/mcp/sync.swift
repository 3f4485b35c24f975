import Function
import Integrations

/// POST /api/mcp/sync: queues a sync of every integration with the status connected, and does not wait for them.
@main struct SyncFunction: Function {
    static let onRequestPost = Handler(.requestSyncs)
}
