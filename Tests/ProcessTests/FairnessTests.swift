@_spi(System) import Auth
import Base
import Foundation
import Integrations
import Jobs
import Store
import TestSupport
import Testing

/// Effects of one company on the jobs of others, with workers in separate processes.
@Suite(.serialized, .usesStore) struct FairnessTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func completedSyncs(of tenant: OktaTenant) throws -> Int {
        try store.database.first(
            "SELECT count(*) FROM sync_runs WHERE workspace_id = $1 AND status = 'completed'", tenant.workspace.id
        ) { try $0[0] as Int } ?? -1
    }

    /// Four tenants whose provider answered after 25 seconds once delayed a fifth tenant's jobs by 503 seconds. Here
    /// the provider does not answer the four at all until the fifth tenant's jobs are done.
    @Test("A slow provider of some companies delays no other company") func aSlowProviderDelaysNoOtherCompany() throws {
        let okta = try TenantsOkta()
        let tenants = try (0..<5).map { try OktaTenant($0, in: store.database) }
        let (slow, fifth) = (tenants.prefix(4), tenants[4])
        okta.hold(slow.map(\.token))
        defer { okta.release() }
        for tenant in slow { try tenant.workspace.queueSync(of: tenant.integration, urgency: .person) }
        let worker = try JobWorkerProgram.start(on: store.url, processes: 10, okta.variables)
        #expect(poll(seconds: 60) { okta.held == 4 })
        let start = ContinuousClock.now
        for _ in 0..<3 {
            let before = try completedSyncs(of: fifth)
            // The job of the previous sync may still be ending, and would be mistaken for the requested one.
            try fifth.workspace.queueSync(of: fifth.integration, urgency: .routine, again: true)
            #expect(try poll(seconds: 120) { try completedSyncs(of: fifth) == before + 1 })
        }
        // A request that waits too long is given up and sent again.
        #expect(okta.held >= 4, "the four were answered after \(ContinuousClock.now - start)")
        okta.release()
        #expect(try poll(seconds: 60) { try slow.allSatisfy { try completedSyncs(of: $0) == 1 } })
        worker.program.send(SIGTERM)
        #expect(try worker.waitForEnd() == 0)
        #expect(okta.provider.unexpected == [])
    }

    /// A platform gets at most two of this worker's four processes.
    @Test("A slow platform leaves processes for other work") func aSlowPlatformLeavesHandsForAllElse() throws {
        let okta = try TenantsOkta()
        let tenants = try (0..<5).map { try OktaTenant($0, in: store.database) }
        okta.hold(tenants.map(\.token))
        defer { okta.release() }
        for tenant in tenants { try tenant.workspace.queueSync(of: tenant.integration, urgency: .person) }
        let worker = try JobWorkerProgram.start(on: store.url, processes: 4, okta.variables)
        #expect(poll(seconds: 60) { okta.held == 2 })
        for _ in 0..<2 {
            let workspace = tenants[4].workspace
            try store.database.execute("DELETE FROM analysis_runs WHERE workspace_id = $1", workspace.id)
            let job = try workspace.queueAnalysis()
            #expect(
                try poll(seconds: 30) {
                    try store.database.first("SELECT 1 FROM jobs WHERE id = $1", job) { _ in true } == nil
                })
        }
        #expect(okta.held == 2)
        okta.release()
        worker.program.send(SIGTERM)
        #expect(try worker.waitForEnd() == 0)
    }

    @Test("Ten thousand jobs of one company do not delay another company")
    func tenThousandJobsOfOneCompanyStandInNobodysWay() throws {
        let access = SystemAccess(store.database)
        let (own, other) = (
            try #require(try access.workspace(store.own.id)), try #require(try access.workspace(store.other.id))
        )
        let past = Timestamp.now - 60
        try store.database.transaction(.write) {
            for _ in 0..<10_000 {
                try own.enqueue(.sync, payload: ["do": "complete"], urgency: .person, runAfter: past, now: past)
            }
        }
        func left() throws -> Int {
            try store.database.first("SELECT count(*) FROM jobs WHERE workspace_id = $1", own.id) { try $0[0] as Int }
                ?? -1
        }
        let worker = try PipedProgram(
            BuiltProducts.folder + "/fixture-jobs",
            environment: [
                "DATABASE_URL": store.url, "FIXTURE_STAYS": "yes", "FIXTURE_TIME": "600", "JOB_PROCESSES": "4",
                "FUNCTION_EVENT":
                    #"{"source":"aws.events","detail-type":"Scheduled Event","time":"2026-01-01T00:00:00Z"}"#,
            ], seconds: 120)
        #expect(try poll(seconds: 60) { try left() < 10_000 })
        for _ in 0..<5 {
            let job = try other.enqueue(.sync, payload: ["do": "complete"])
            #expect(
                try poll(seconds: 10) {
                    try store.database.first("SELECT 1 FROM jobs WHERE id = $1", job) { _ in true } == nil
                })
        }
        #expect(try left() > 5_000, "the backlog is as good as done")
        worker.program.send(SIGTERM)
        #expect(try worker.waitForEnd() == 0)
    }
}
