import TestSupport
import Testing

@testable import Connectors

/// Lists that come back with far fewer entries than before, for every connector.
@Suite(.usesStore) struct ShrinkingTests {
    @Test("What a list that has shrunk lacks is kept until a later sync confirms it", arguments: ConnectorCase.all)
    func shrinking(_ example: ConnectorCase) throws {
        let tenant = try SyncedTenant(example)
        #expect(try tenant.sync())
        let before = try tenant.inventory()
        try tenant.lengthenLists()
        tenant.shown.isEmpty = true
        #expect(try tenant.sync())
        #expect(try tenant.inventory() == before)
        let held = try tenant.state()
        #expect(held.status == "connected" && held.errorKind == "deletions_held_back")
        #expect(held.error?.contains(" of 1000 entries") == true)
        // It is as short an hour later: that is how it is.
        #expect(try tenant.sync())
        let main = example.counts["account"] == nil ? "device " : "account "
        let left = try tenant.inventory().filter { $0.key.hasPrefix(main) && !$0.value.hasPrefix("deprovisioned") }
        // AWS always has its root user.
        #expect(left.keys.allSatisfy { $0.hasSuffix(":root") })
        #expect(try tenant.state().errorKind == nil)
    }
}
