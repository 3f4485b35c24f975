import Foundation
import TestSupport
import Testing

@testable import Connectors

/// Corrupts answers at random, for every connector: no record that the provider still has is deleted or changed to a
/// gone state, and a sync without faults restores exactly the tenant.
///
/// Each seed is one sync, for which it chooses one to three answers to corrupt. `THALIAN_CORRUPTIONS` is the number of
/// seeds for each connector, or a range such as `17-17`, which runs seed 17 alone. Without it there are 100 on SQLite
/// and 20 on PostgreSQL, where each takes several times as long. `THALIAN_CORRUPTIONS_OF` limits the run to one
/// platform.
@Suite(.usesStore) struct CorruptionTests {
    private static let seeds: ClosedRange<Int> = {
        let usual = TestStore.Engine.ofThisRun == .postgreSQL ? 20 : 100
        let numbers = (ProcessInfo.processInfo.environment["THALIAN_CORRUPTIONS"] ?? "").split(separator: "-")
            .compactMap { Int($0) }
        return (numbers.count == 2 ? numbers[0] : 1)...(numbers.last ?? usual)
    }()
    static let examples = ConnectorCase.all.filter { example in
        guard let only = ProcessInfo.processInfo.environment["THALIAN_CORRUPTIONS_OF"] else { return true }
        return example.connector.platform.rawValue == only
    }

    @Test("Corrupted answers delete no record that the provider still has", arguments: examples)
    func corruptions(_ example: ConnectorCase) throws {
        let tenant = try SyncedTenant(example)
        tenant.corruptor.end()
        #expect(try tenant.sync())
        let requests = tenant.corruptor.requests
        let before = try tenant.inventory()
        #expect(before.count > 3 && requests > 3)
        // PostgreSQL analyzes new tables only after a minute. Until then its query plans assume that they are empty,
        // and syncs take several times as long.
        try tenant.store.database.analyzeStatistics()
        for seed in Self.seeds {
            tenant.corruptor.begin(seed: seed, of: requests)
            // The sync may fail, or remain unfinished.
            _ = try? tenant.sync()
            let report = "\(example.testDescription) seed \(seed): \(tenant.corruptor.report)"
            tenant.corruptor.end()
            var isWhole = try expectNoLoss(before, in: tenant, report)
            // The next process to continue the sync applies the pages that were pulled during the fault.
            if try tenant.isUnderWay() {
                #expect(try tenant.sync(), "\(report)")
                isWhole = try expectNoLoss(before, in: tenant, report) && isWhole
            }
            #expect(try tenant.sync(), "\(report)")
            let changed = Self.difference(before, try tenant.inventory())
            #expect(changed == [], "\(report)")
            guard isWhole, changed == [] else { return }
        }
    }

    /// Expects that no record is missing or newly deprovisioned; returns true if so. Linked addresses may be missing,
    /// because they are fields, which a provider may leave out.
    private func expectNoLoss(_ before: [String: String], in tenant: SyncedTenant, _ report: String) throws -> Bool {
        let after = try tenant.inventory()
        let lost = before.filter { key, state in
            guard let now = after[key] else { return !key.hasPrefix("link ") }
            return key.hasPrefix("account ") && now.hasPrefix("deprovisioned") && !state.hasPrefix("deprovisioned")
        }
        #expect(lost.isEmpty, "\(report): \(lost.keys.sorted())")
        return lost.isEmpty
    }

    private static func difference(_ before: [String: String], _ after: [String: String]) -> [String] {
        Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }.map {
            "\($0): \(before[$0] ?? "none") became \(after[$0] ?? "none")"
        }
    }
}
