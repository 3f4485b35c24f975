import Base
import Function
import HTTP

/// GET /api/health: the state of the product and its database. 503 if nothing can be served, because the database does
/// not answer or has a schema that this build can't use.
@main struct Health: Function {
    static let onRequestGet = Handler.anyone { context in
        let start = ContinuousClock.now
        let database = context.databaseHealth()
        return .json(status: database.canServe ? 200 : 503) { json in
            json.field("status", database == .ok ? "ok" : "degraded")
            json.field("timestamp", Timestamp.now)
            json.name("services")
            json.object { $0.field("database", database.word) }
            json.field("latencyMs", (ContinuousClock.now - start).milliseconds)
        }
    }
}
