import Function
import Integrations

/// POST /api/mcp/sync: queues a sync of every connected integration, and returns at once.
@main struct SyncFunction: Function {
    static let onRequestPost = Handler(.requestSyncs)
}
