import TestSupport
import Testing

@testable import Connectors

/// Lists of every connector that come back with far fewer entries than before.
@Suite(.usesStore) struct ShrinkingTests {
    @Test(
        "Records that are missing from a shrunk list are kept until a later sync finds it as short",
        arguments: ConnectorCase.all)
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
        // The list is as short an hour later, so the records are removed.
        #expect(try tenant.sync())
        let main = example.counts["account"] == nil ? "device " : "account "
        let left = try tenant.inventory().filter { $0.key.hasPrefix(main) && !$0.value.hasPrefix("deprovisioned") }
        // AWS always has its root user.
        #expect(left.keys.allSatisfy { $0.hasSuffix(":root") })
        #expect(try tenant.state().errorKind == nil)
    }
}
