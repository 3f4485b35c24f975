import Base
import Function
import HTTP

/// GET /api/health: returns the state of the database. The status is 503 if the database can't be used: it does not
/// answer, it was not set up, or this build can't serve its schema.
@main struct Health: Function {
    static let onRequestGet = Handler.anyone(
        "get_health", "Returns the state of the product and its database.",
        returns: .json(
            .field("status", .oneOf(["ok", "degraded"]), "The state of the product."),
            .field("timestamp", .timestamp, "The time of the check."),
            .field(
                "services",
                .object(.field("database", .oneOf(["ok", "degraded", "unreachable"]), "The state of the database.")),
                "The state of each part."),
            .field("latencyMs", .count, "The duration of the check, in milliseconds.")
        ).orStatus(503)
    ) { context in
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
