import Auth
import Base
import Findings
import Store
import TestSupport
import Testing

@testable import Analysis

/// The severity of a finding about a change follows from what is usual for the person who made it.
@Suite(.usesStore) struct ActorContextTests {
    /// The knowledge of a company about the administrator Ada Lovelace and about a change that she made two days ago. By
    /// default all is usual.
    struct Circumstances: Sendable, CustomTestStringConvertible {
        var note: String
        var isAdmin = true
        /// The number of days since which syncs know that Ada is an administrator; nil if the row does not tell.
        var adminSince: Int? = 150
        /// The days of Ada's sign-ins, counted from the change.
        var signIns: [Int] = Array(stride(from: 3, through: 60, by: 3))
        var address = "198.51.100.9"
        var country: JSON? = "NL"
        /// True if Ada's device complies; nil if device management is not connected.
        var isCompliant: Bool? = true
        var hasFactor: Bool? = true
        /// The number of days before the change on which Ada got a new second factor.
        var factorAge: Int?
        /// The status of a finding of a break-in.
        var breakIn: String?
        var type = "user"
        /// False if the person who made the change is not known.
        var isKnown = true

        var testDescription: String { note }

        init(_ note: String, _ change: (inout Circumstances) -> Void = { _ in }) {
            self.note = note
            change(&self)
        }
    }

    private let store: TestStore
    private let company: TestCompany
    private var changedAt: Timestamp { company.ago(days: 2) }

    init() throws {
        store = try TestStore()
        company = try TestCompany(store.database)
    }

    private func make(_ known: Circumstances) throws -> TestCompany.Person {
        let ada = try company.person(
            type: known.type == "user" && known.isAdmin ? "admin" : known.type, mfa: known.hasFactor,
            adminSince: known.adminSince.map { company.ago(days: $0) })
        if known.type != "user", known.isAdmin {
            try company.account(
                of: ada, on: "google_workspace", admin: true, adminSince: known.adminSince.map { company.ago(days: $0) }
            )
        }
        for day in known.signIns {
            try company.event("user.session.start", of: ada, at: changedAt - .days(day), ["country": "NL"])
        }
        if let isCompliant = known.isCompliant { try company.device(of: ada, compliant: isCompliant) }
        if let age = known.factorAge {
            try company.event("user.mfa.factor.activate", of: ada, at: changedAt - .days(age))
        }
        if let status = known.breakIn {
            try company.finding("behavioral_anomaly::impossible_travel", "high", status: status, about: ada)
        }
        return ada
    }

    private func change(
        _ type: String = "policy.rule.deactivate", by known: Circumstances, target: String? = "Everyone"
    ) throws -> TestCompany.Person {
        let ada = try make(known)
        try company.event(
            type, of: known.isKnown ? ada : nil, at: changedAt, target: target, address: known.address,
            known.country.map { ["country": $0] } ?? [:])
        return ada
    }

    private func found(_ name: String = "sign_on_policy_weakened") throws -> [Detection] {
        let rule = try #require(Rule.named("behavioral_anomaly::" + name))
        let workspace = try company.workspace()
        return try workspace.detections(of: [rule], from: workspace.connectedSources(), at: TestStore.now)[0]
    }

    private func title(_ oddities: String) -> String {
        """
        Ada Lovelace turned off the policy Everyone or a rule of it in Okta 2 days ago\(oddities), so sign-ins are \
        checked less than before.
        """
    }

    // MARK: The three results

    private static let usual: [Circumstances] = [
        Circumstances("All is usual"),
        Circumstances("No device management is connected") { $0.isCompliant = nil },
        Circumstances("The identity provider does not tell the second factor") { $0.hasFactor = nil },
        Circumstances("The second factor is a week and a day old") { $0.factorAge = 8 },
        Circumstances("The break-in was a false alarm") { $0.breakIn = "dismissed" },
        Circumstances("The finding of a break-in is resolved") { $0.breakIn = "resolved" },
        Circumstances("The platform's log tells no country") { $0.country = nil },
        Circumstances("A program has no second factor") {
            $0.type = "service_account"
            $0.hasFactor = false
        },
    ]

    @Test("If all is usual, a finding is one step less severe", arguments: usual)
    func lowered(_ known: Circumstances) throws {
        _ = try change(by: known)
        let found = try found()
        #expect(found.map(\.severity) == [.medium])
        #expect(found.map(\.title) == [title("")])
    }

    private static let place = "they had not signed in from BR in the 30 days before"
    private static let newFactor = "their second factor had changed in the week before"
    private static let breakIn = "their account shows signs of a break-in"
    private static let newAdmin = "they had been an administrator for less than 90 days"
    private static let noDevice = "they have no managed device that complies"

    private static let listed: [(Circumstances, String)] = [
        (Circumstances("1: the person became an administrator lately") { $0.adminSince = 91 }, " (\(newAdmin))"),
        (
            Circumstances("2: another country") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
            }, " (\(place))"
        ),
        (Circumstances("3: a device that does not comply") { $0.isCompliant = false }, " (\(noDevice))"),
        (Circumstances("4: no second factor") { $0.hasFactor = false }, " (they have no second factor)"),
        (Circumstances("4: a new second factor") { $0.factorAge = 7 }, " (\(newFactor))"),
        (Circumstances("5: an open finding of a break-in") { $0.breakIn = "open" }, " (\(breakIn))"),
        (
            Circumstances("1 and 3 are no signs of an intruder") {
                $0.adminSince = 10
                $0.isCompliant = false
            }, " (\(newAdmin); \(noDevice))"
        ),
        (
            Circumstances("One sign, 1 and 3") {
                $0.adminSince = 10
                $0.isCompliant = false
                $0.breakIn = "in_progress"
            }, " (\(breakIn); \(newAdmin); \(noDevice))"
        ),
        (Circumstances("It is not known since when the person is an administrator") { $0.adminSince = nil }, ""),
        (Circumstances("The person is not known to be an administrator") { $0.isAdmin = false }, ""),
        (Circumstances("A new network in the usual country is no answer") { $0.address = "203.0.113.9" }, ""),
        (Circumstances("No sign-ins are known") { $0.signIns = [] }, ""),
    ]

    @Test("If one answer is odd, or not known to be usual, the severity is as listed", arguments: listed)
    func unchanged(_ known: Circumstances, _ oddities: String) throws {
        _ = try change(by: known)
        let found = try found()
        #expect(found.map(\.severity) == [.high])
        #expect(found.map(\.title) == [title(oddities)])
    }

    private static let odd: [(Circumstances, String)] = [
        (
            Circumstances("2 and 4") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
                $0.factorAge = 0
            }, " (\(place); \(newFactor))"
        ),
        (
            Circumstances("2 and 5") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
                $0.breakIn = "open"
            }, " (\(place); \(breakIn))"
        ),
        (
            Circumstances("4 and 5") {
                $0.hasFactor = false
                $0.breakIn = "open"
            }, " (they have no second factor; \(breakIn))"
        ),
        (
            Circumstances("All five") {
                $0.adminSince = 10
                $0.country = "BR"
                $0.address = "203.0.113.9"
                $0.isCompliant = false
                $0.factorAge = 3
                $0.breakIn = "open"
            }, " (\(place); \(newFactor); \(breakIn); \(newAdmin); \(noDevice))"
        ),
    ]

    @Test("If two signs of an intruder are there, a finding is one step more severe", arguments: odd)
    func raised(_ known: Circumstances, _ oddities: String) throws {
        _ = try change(by: known)
        let found = try found()
        #expect(found.map(\.severity) == [.critical])
        #expect(found.map(\.title) == [title(oddities)])
    }

    /// In each, one sign is there, and a second one would be if the unknown counted as odd.
    private static let unknown: [Circumstances] = [
        Circumstances("No sign-ins are known") { $0.signIns = [] },
        Circumstances("Sign-ins are known for 29 days") { $0.signIns = Array(3...29) },
        Circumstances("There was no sign-in in the 30 days before") { $0.signIns = [40, 50] },
        Circumstances("The log tells no country") { $0.country = nil },
        Circumstances("The second factor is unknown") {
            $0.country = "NL"
            $0.hasFactor = nil
        },
    ]

    @Test("An unknown answer is not odd", arguments: unknown) func neutral(_ known: Circumstances) throws {
        var known = known
        if known.country != "NL" { known.address = "203.0.113.9" }
        if known.country == "NL", known.hasFactor != nil {
            known.country = "BR"
            known.address = "203.0.113.9"
        }
        known.breakIn = "open"
        _ = try change(by: known)
        let found = try found()
        #expect(found.map(\.severity) == [.high])
        #expect(found.map(\.title) == [title(" (\(Self.breakIn))")])
    }

    @Test("A change by an unknown person has the listed severity") func unknownPerson() throws {
        _ = try change(by: Circumstances("") { $0.isKnown = false })
        #expect(try found().map(\.severity) == [.high])
    }

    // MARK: Places

    @Test("An intruder's own sign-in makes a country not usual") func ownSignIn() throws {
        let ada = try change(
            by: Circumstances("") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
                $0.breakIn = "open"
            })
        for minutes in [10, 60, 1_440] {
            try company.event(
                "user.session.start", of: ada, at: changedAt - minutes * 60, address: "203.0.113.9", ["country": "BR"])
        }
        #expect(try found().map(\.severity) == [.critical])
    }

    @Test("A change without a country has the country of a sign-in from its address") func countryOfSignIn() throws {
        let ada = try change(
            by: Circumstances("") {
                $0.country = nil
                $0.address = "203.0.113.9"
                $0.breakIn = "open"
            })
        #expect(try found().map(\.severity) == [.high])
        try company.event(
            "user.session.start", of: ada, at: changedAt - 600, address: "203.0.113.9", ["country": "BR"])
        #expect(try found().map(\.severity) == [.critical])
    }

    @Test("The exit of a VPN that several people use is usual, whatever its country") func sharedAddress() throws {
        _ = try change(
            by: Circumstances("") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
            })
        #expect(try found().map(\.severity) == [.high])
        for number in 1...5 {
            let person = try company.person("Person \(number)")
            try company.device("mac-\(number)", of: person)
            try company.event(
                "user.session.start", of: person, at: company.ago(days: 9), address: "203.0.113.9", ["country": "BR"])
        }
        #expect(try found().map(\.severity) == [.medium])
    }

    @Test("A person without a managed device is odd only if device management knows most owners") func owners() throws {
        let known = Circumstances("") { $0.isCompliant = nil }
        _ = try change(by: known)
        let bob = try company.person("Bob")
        try company.device("robs-mac")
        #expect(try found().map(\.severity) == [.medium])
        for number in 1...5 { try company.device("mac-\(number)", of: number == 5 ? company.person("Carol") : bob) }
        #expect(try found().map(\.title) == [title(" (\(Self.noDevice))")])
    }

    // MARK: Keys

    @Test("Usual changes are one finding for each target and day, and others one for each target") func targets() throws
    {
        let ada = try change(by: Circumstances("All is usual"))
        func again(_ target: String, _ days: Int, from address: String = "198.51.100.9", in country: JSON = "NL") throws
        {
            for minute in 0..<2 {
                try company.event(
                    "policy.rule.deactivate", of: ada, at: changedAt - .days(days) + minute * 60, target: target,
                    address: address, ["country": country])
            }
        }
        try again("Everyone", 0)
        #expect(try found().count == 1)
        try again("Everyone", 1)
        #expect(try found().map(\.severity) == [.medium, .medium])
        try again("Admins", 0)
        #expect(try found().count == 3)
        // From abroad, on two days.
        try again("Everyone", 0, from: "203.0.113.9", in: "BR")
        try again("Everyone", 4, from: "203.0.113.9", in: "BR")
        let found = try found()
        #expect(found.map(\.severity).filter { $0 == .high }.count == 1)
        #expect(found.count == 4)
        #expect(Set(found.map(\.key)).count == 4)
    }

    @Test("The finding about several changes of a target tells the worst one") func worst() throws {
        let ada = try change(
            by: Circumstances("") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
                $0.breakIn = "open"
            })
        let bob = try company.person("Bob")
        try company.event("policy.rule.delete", of: bob, at: company.ago(days: 1), target: "Everyone")
        let found = try found()
        #expect(found.map(\.severity) == [.critical])
        #expect(
            found.map(\.title) == [
                title(" (\(Self.place); \(Self.breakIn))").replacing("Ada Lovelace", with: "Ada Lovelace and Bob")
            ])
        _ = ada
    }

    // MARK: The other rules

    @Test("The end of a log is high, critical, or still critical") func loggingDisabled() throws {
        let name = "audit_logging_disabled"
        let ada = try change("StopLogging", by: Circumstances("All is usual"), target: "trail")
        #expect(try found(name).map(\.severity) == [.high])
        try company.finding("behavioral_anomaly::high_risk_sign_in", "high", about: ada)
        #expect(try found(name).map(\.severity) == [.critical])
        try company.event("user.mfa.factor.deactivate", of: ada, at: changedAt - 60)
        let found = try found(name)
        #expect(found.map(\.severity) == [.critical])
        #expect(
            found.map(\.title) == [
                """
                Ada Lovelace turned audit logging off in Okta 2 days ago (\(Self.newFactor); \(Self.breakIn)), so what \
                has been done there since leaves no trace.
                """
            ])
    }

    @Test("A burst of grants is medium for each usual day, high, or critical on its worst day") func grants() throws {
        let name = "admin_grant_burst"
        let ada = try make(Circumstances("All is usual"))
        func grant(on days: Int, from address: String = "198.51.100.9", in country: JSON = "NL") throws {
            for number in 0..<3 {
                try company.event(
                    "user.account.privilege.grant", of: ada, at: company.ago(days: days) + number * 60,
                    target: "p\(number)", address: address, ["country": country])
            }
        }
        for days in [2, 4] { try grant(on: days) }
        #expect(try found(name).map(\.severity) == [.medium, .medium])
        try grant(on: 6, from: "203.0.113.9", in: "BR")
        #expect(try found(name).map(\.severity).sorted { $0.rank < $1.rank } == [.high, .medium, .medium])
        try company.finding("behavioral_anomaly::high_risk_sign_in", "high", about: ada)
        #expect(
            try found(name).map(\.title) == [
                """
                Ada Lovelace granted admin roles in Okta 3 times within a day 5 days ago (\(Self.place); \
                \(Self.breakIn)), as an intruder would who wants to stay.
                """
            ])
        #expect(try found(name).map(\.severity) == [.critical])
    }

    // MARK: Runs

    @Test("A break-in that the same run finds counts, unless the finding is dismissed") func sameRun() throws {
        let ada = try change(
            by: Circumstances("") {
                $0.country = "BR"
                $0.address = "203.0.113.9"
            })
        let id = "behavioral_anomaly::sign_on_policy_weakened"
        func severities() throws -> [String] {
            try company.workspace().rows(
                "SELECT severity FROM findings WHERE workspace_id = $1 AND rule_id = $2 AND status = 'open'", id
            ) { try $0[0] as String }
        }
        _ = try company.workspace().analyze(now: TestStore.now)
        #expect(try severities() == ["high"])
        try company.event("policy.evaluate_sign_on", of: ada, at: changedAt - 300, ["risk": "high"])
        _ = try company.workspace().analyze(now: TestStore.now + 120)
        #expect(try severities() == ["critical"])
        for (number, status) in ["dismissed", "snoozed"].enumerated() {
            try store.database.execute(
                """
                UPDATE findings SET status = $2, snoozed_until = $3
                WHERE workspace_id = $1 AND rule_id = 'behavioral_anomaly::high_risk_sign_in'
                """, company.id, status, TestStore.now + .days(9))
            _ = try company.workspace().analyze(now: TestStore.now + 240 + number * 120)
            #expect(try severities() == ["high"], "\(status)")
        }
    }

    @Test("A severity that the company has decided stays") func decided() throws {
        _ = try change(by: Circumstances("All is usual"))
        let workspace = try company.workspace()
        let rule = try #require(Rule.named("behavioral_anomaly::sign_on_policy_weakened")).with(severity: .critical)
        let found = try workspace.detections(of: [rule], from: workspace.connectedSources(), at: TestStore.now)[0]
        #expect(found.map(\.severity) == [.critical])
    }
}
