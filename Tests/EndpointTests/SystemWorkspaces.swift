@_spi(System) import Auth
import Base
import Store
import TestSupport

/// The workspaces as scheduled work has read them, so that tests can change them before it acts.
struct SystemWorkspaces {
    private let store: TestStore

    /// Returns one workspace; nil if none has this id.
    static func workspace(_ id: Identifier, in database: any Database) throws -> Workspace? {
        try SystemAccess(database).workspace(id)
    }

    init(_ store: TestStore) { self.store = store }

    /// Ends expired trials, and runs `change` between reading the workspaces and acting on them.
    func endTrialsThatChanged(_ change: () throws -> Void) throws {
        let workspaces = try SystemAccess(store.connect()).workspaces()
        try change()
        for workspace in workspaces { _ = try? workspace.endExpiredTrial(now: TestStore.now) }
    }
}
