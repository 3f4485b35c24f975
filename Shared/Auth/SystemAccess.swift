import Base
import Store

/// The workspaces as the product itself sees them, for scheduled work, which has no caller whom one could check.
/// Only the pipeline of scheduled functions and the local runner may make one, hence the SPI.
public struct SystemAccess {
    /// The database, for what is about all workspaces at once.
    @_spi(System) public let database: any Database

    /// Access to all workspaces in `database`.
    @_spi(System) public init(_ database: any Database) { self.database = database }

    /// Every workspace, one after the other.
    public func workspaces() throws -> [Workspace] {
        try database.rows("SELECT id, plan FROM workspaces ORDER BY id") { row in
            Workspace(id: try row[0], plan: try row[1], caller: nil, database: database)
        }
    }

    /// One workspace; nil when there is none of that id.
    public func workspace(_ id: Identifier) throws -> Workspace? {
        try database.first("SELECT plan FROM workspaces WHERE id = $1", id) { row in
            Workspace(id: id, plan: try row[0], caller: nil, database: database)
        }
    }

    /// The workspace that is this customer at Stripe; nil when none is.
    public func workspace(billedAs customerID: String) throws -> Workspace? {
        try database.first(
            """
            SELECT workspaces.id, workspaces.plan FROM subscriptions
            JOIN workspaces ON workspaces.id = subscriptions.workspace_id WHERE subscriptions.stripe_customer_id = $1
            """, customerID
        ) { row in Workspace(id: try row[0], plan: try row[1], caller: nil, database: database) }
    }
}
