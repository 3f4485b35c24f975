@_spi(System) import Auth
import Base
import Store
import TestSupport

/// The workspaces as scheduled work has them in hand, with time for something to change before it acts.
struct SystemWorkspaces {
    private let store: TestStore

    /// One workspace; nil when there is none of that id.
    static func workspace(_ id: Identifier, in database: any Database) throws -> Workspace? {
        try SystemAccess(database).workspace(id)
    }

    init(_ store: TestStore) { self.store = store }

    /// Ends expired trials, `change` coming between reading the workspaces and acting on them.
    func endTrialsThatChanged(_ change: () throws -> Void) throws {
        let workspaces = try SystemAccess(store.connect()).workspaces()
        try change()
        for workspace in workspaces { _ = try? workspace.endExpiredTrial(now: TestStore.now) }
    }
}
