import Base
import Function
import HTTP
import Jobs

/// POST /api/mcp/sync: queues a sync of every connected integration, and returns at once.
@main struct SyncFunction: Function {
    static let onRequestPost = Handler(.apiKey(.write)) { context in .json(try context.workspace.requestSyncs()) }
}
