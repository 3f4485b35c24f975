import Auth
import Base
import Store
import TestSupport
import Testing

@testable import Analysis

/// One problem is one finding: a rule takes the place of others that tell a part of it.
@Suite(.usesStore) struct SupersessionTests {
    /// The cases of all rules that take the place of others.
    private static let cases = CoverageTests.cases.filter { Rule.named($0.ruleID)?.supersedes.isEmpty == false }

    @Test("Every rule whose place another takes exists, and is about the same kind of entity") func rulesExist() throws
    {
        for rule in Rule.all {
            for id in rule.supersedes {
                let other = try #require(Rule.named(id), "\(rule.id) takes the place of \(id)")
                #expect(rule.entity == .workspace || rule.entity == other.entity, "\(rule.id), \(id)")
            }
        }
    }

    @Test("A problem of a rule is told by no rule whose place it takes", arguments: cases)
    func toldOnce(_ ruleCase: RuleCase) throws {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try ruleCase.fires(company)
        let workspace = try company.workspace()
        let all = try workspace.detections(of: Rule.all, from: workspace.connectedSources(), at: TestStore.now)
        let supersession = Supersession(of: all)
        let left = all.flatMap(supersession.remaining)
        let rule = try #require(Rule.named(ruleCase.ruleID))
        let isTold = left.contains { $0.rule.id == rule.id || $0.rule.supersedes.contains(rule.id) }
        #expect(isTold)
        #expect(left.filter { rule.supersedes.contains($0.rule.id) }.map(\.title) == [])
    }

    /// Returns the titles of the findings that an analysis of a company makes.
    private func titles(_ fill: (TestCompany) throws -> Void) throws -> [String] {
        let store = try TestStore()
        let company = try TestCompany(store.database)
        try fill(company)
        _ = try company.workspace().analyze(now: TestStore.now)
        return try store.database.rows("SELECT title FROM findings WHERE workspace_id = $1 ORDER BY title", company.id)
        {
            try $0[0] as String
        }
    }

    @Test("A stale admin of an application has one finding, and another stale person keeps theirs")
    func aStaleAdministratorIsToldOnce() throws {
        let titles = try titles { company in
            let ada = try company.person(lastLogin: company.ago(days: 40))
            try company.device(of: ada)
            try company.entitlement(of: ada, to: company.application(), admin: true)
            try company.device("bob-mac", of: company.person("Bob", lastLogin: company.ago(days: 40)))
        }
        #expect(
            titles.filter { $0.contains("has not signed in to Okta") } == [
                "Ada Lovelace has admin access to Figma but has not signed in to Okta for 40 days.",
                "Bob has not signed in to Okta for 40 days, so nobody would notice if someone else used the account.",
            ])
    }

    @Test("A laptop that two platforms know has one finding about its system, and one if it is missing")
    func aLaptopIsToldOnce() throws {
        let titles = try titles { company in
            let ada = try company.person()
            try company.device("mac", of: ada, serial: "C02X1", supported: false)
            try company.device("MAC", of: ada, on: "crowdstrike", serial: "c02x1", supported: false, edr: true)
            try company.device("gone", of: ada, serial: "C02X2", lastSeen: company.ago(days: 40))
            try company.device(
                "GONE", of: ada, on: "crowdstrike", serial: "c02x2", edr: true, lastSeen: company.ago(days: 41))
            // The management of this one is broken, but its agent sees it.
            try company.device("seen", of: ada, serial: "C02X3", lastSeen: company.ago(days: 40))
            try company.device("SEEN", of: ada, on: "crowdstrike", serial: "c02x3", edr: true)
        }
        #expect(
            titles.filter { $0.contains("security updates") } == [
                "mac of Ada Lovelace runs macOS 15.4, which no longer gets security updates."
            ])
        #expect(
            titles.filter { $0.contains("checked in") } == [
                "gone of Ada Lovelace has not checked in for 40 days, so it may be lost or unpatched."
            ])
    }
}
