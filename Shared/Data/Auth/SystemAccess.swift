public import Base
public import Store

/// Access to all workspaces for the product's own work, such as scheduled functions, which have no caller to check. It
/// can be created only by code that imports the SPI `System`, such as the pipeline of functions and the local runner.
public struct SystemAccess {
    /// The database, for statements that concern all workspaces at once.
    @_spi(System) public let database: any Database

    /// Creates access to all workspaces in `database`.
    @_spi(System) public init(_ database: any Database) { self.database = database }

    /// Returns all workspaces that have not been erased, ordered by id.
    public func workspaces() throws -> [Workspace] {
        try database.rows("SELECT id, plan FROM workspaces WHERE deleted_at IS NULL ORDER BY id") { row in
            Workspace(id: try row[0], plan: try row[1], caller: nil, database: database)
        }
    }

    /// Returns one workspace, for the product itself or for the caller who acts in it. Returns nil if there is none
    /// with this id, or if it has been erased.
    public func workspace(_ id: Identifier, for caller: Caller? = nil) throws -> Workspace? {
        try database.first("SELECT plan FROM workspaces WHERE id = $1 AND deleted_at IS NULL", id) { row in
            Workspace(id: id, plan: try row[0], caller: caller, database: database)
        }
    }
}
