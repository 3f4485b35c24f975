import Base
import Function
import HTTP

/// GET /api/health: returns the state of the database. The status is 503 if the database can't be used: it does not
/// answer, it was not set up, or this build can't serve its schema.
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
