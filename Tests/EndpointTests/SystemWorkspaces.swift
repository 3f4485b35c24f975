@_spi(System) import Auth
import Base
import Store
import TestSupport

/// Workspaces as scheduled work reads them. A test can change them between that reading and the work on them.
struct SystemWorkspaces {
    private let store: TestStore

    /// Returns one workspace; nil if none has this id or it was erased.
    static func workspace(_ id: Identifier, in database: any Database) throws -> Workspace? {
        try SystemAccess(database).workspace(id)
    }

    init(_ store: TestStore) { self.store = store }

    /// Ends expired trials, and runs `change` between reading the workspaces and acting on them. Ignores errors of the
    /// latter.
    func endTrialsThatChanged(_ change: () throws -> Void) throws {
        let workspaces = try SystemAccess(store.connect()).workspaces()
        try change()
        for workspace in workspaces { _ = try? workspace.endExpiredTrial(now: TestStore.now) }
    }
}
