import Base
import Store

/// Access to all workspaces for the product's own work, such as scheduled functions, which have no caller to check. It
/// can be created only by code that imports the SPI `System`: the pipeline of scheduled functions and the local runner.
public struct SystemAccess {
    /// The database, for statements that concern all workspaces at once.
    @_spi(System) public let database: any Database

    /// Creates access to all workspaces in `database`.
    @_spi(System) public init(_ database: any Database) { self.database = database }

    /// Returns all workspaces, ordered by id.
    public func workspaces() throws -> [Workspace] {
        try database.rows("SELECT id, plan FROM workspaces ORDER BY id") { row in
            Workspace(id: try row[0], plan: try row[1], caller: nil, database: database)
        }
    }

    /// Returns one workspace. Returns nil if there is none with this id.
    public func workspace(_ id: Identifier) throws -> Workspace? {
        try database.first("SELECT plan FROM workspaces WHERE id = $1", id) { row in
            Workspace(id: id, plan: try row[0], caller: nil, database: database)
        }
    }

    /// Returns the workspace that is billed as this Stripe customer. Returns nil if there is none.
    public func workspace(billedAs customerID: String) throws -> Workspace? {
        try database.first(
            """
            SELECT workspaces.id, workspaces.plan FROM subscriptions
            JOIN workspaces ON workspaces.id = subscriptions.workspace_id WHERE subscriptions.stripe_customer_id = $1
            """, customerID
        ) { row in Workspace(id: try row[0], plan: try row[1], caller: nil, database: database) }
    }
}
