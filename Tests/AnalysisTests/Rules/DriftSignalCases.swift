import Base
import TestSupport
import Testing

@Suite(.usesStore) struct DriftSignalTests {
    /// Returns a story in which a metric changes from `from` to `to` within `seconds`, a week by default, with a higher
    /// value in between.
    private static func drift(
        _ metric: String, _ from: Int, _ to: Int, since seconds: Int = .days(7)
    ) -> RuleCase.Story {
        { company in
            try company.snapshot(at: TestStore.now, [metric: .integer(to)])
            try company.snapshot(at: TestStore.now - .days(3), [metric: .integer(from + 40)])
            try company.snapshot(at: TestStore.now - seconds, [metric: .integer(from)])
        }
    }

    /// Returns a story in which a percentage changes within `seconds`, and the number that `count` counts rises by `rise`.
    private static func drift(
        _ share: String, _ from: Int, _ to: Int, of count: String, by rise: Int = 3, since seconds: Int = .days(7)
    ) -> RuleCase.Story {
        { company in
            try company.snapshot(at: TestStore.now, [share: .integer(to), count: .integer(10 + rise)])
            try company.snapshot(at: TestStore.now - seconds, [share: .integer(from), count: 10])
        }
    }

    /// Returns a story in which the numbers of critical and of other findings change within a week, each from the first
    /// to the second of its pair, and the number of rules rises by `newRules`.
    private static func findings(
        _ critical: (Int, Int), _ others: (Int, Int), newRules: Int = 0
    ) -> RuleCase.Story {
        { company in
            for (moment, critical, others, rules) in [
                (TestStore.now - .days(7), critical.0, others.0, 100),
                (TestStore.now, critical.1, others.1, 100 + newRules),
            ] {
                try company.snapshot(
                    at: moment,
                    [
                        "critical": .integer(critical), "high": .integer(others), "medium": .integer(0),
                        "low": .integer(0), "rules": .integer(rules),
                    ])
            }
        }
    }

    private static let coverage: [RuleCase] = [
        RuleCase(
            "drift_signal::mfa_coverage_down",
            "MFA coverage fell from 97 to 92 per cent in a week, so more accounts open with a password alone.",
            fires: drift("mfa_pct", 97, 92, of: "people_without_mfa"),
            quiet: drift("mfa_pct", 97, 93, of: "people_without_mfa"),
            exempt: drift("mfa_pct", 97, 82, of: "people_without_mfa")),
        RuleCase(
            "drift_signal::mfa_coverage_collapsed",
            "MFA coverage fell from 97 to 82 per cent in 12 days, as happens when a policy that requires a second factor is removed.",
            fires: drift("mfa_pct", 97, 82, of: "people_without_mfa", since: .days(12)),
            quiet: drift("mfa_pct", 97, 83, of: "people_without_mfa"),
            exempt: drift("mfa_pct", 97, 82, of: "people_without_mfa", since: .days(7) - 1)),
        // In a company of six, one starter without a second factor is 17 per cent.
        RuleCase(
            "drift_signal::mfa_coverage_collapsed",
            "MFA coverage fell from 100 to 83 per cent in a week, as happens when a policy that requires a second factor is removed.",
            fires: drift("mfa_pct", 100, 83, of: "people_without_mfa"),
            quiet: drift("mfa_pct", 100, 83, of: "people_without_mfa", by: 2),
            exempt: drift("mfa_pct", 100, 83)),
        RuleCase(
            "drift_signal::shadow_it_up",
            "Unsanctioned applications rose from 9 to 12 in a week, faster than they are reviewed.",
            fires: drift("shadow_it_count", 9, 12), quiet: drift("shadow_it_count", 9, 11)),
        RuleCase(
            "drift_signal::compliance_down",
            "Device compliance fell from 96 to 94 per cent in a week, so fewer laptops keep to the company's settings.",
            fires: drift("device_compliance_pct", 96, 94, of: "noncompliant_devices"),
            quiet: drift("device_compliance_pct", 96, 95, of: "noncompliant_devices")
        ) { company in
            try company.snapshot(at: TestStore.now, ["device_compliance_pct": .null])
            try company.snapshot(at: company.ago(days: 7), ["device_compliance_pct": 96])
        },
        RuleCase(
            "drift_signal::compliance_down",
            "Device compliance fell from 96 to 76 per cent in a week, so fewer laptops keep to the company's settings.",
            fires: drift("device_compliance_pct", 96, 76, of: "noncompliant_devices"),
            quiet: drift("device_compliance_pct", 96, 76, of: "noncompliant_devices", by: 2)),
        RuleCase(
            "drift_signal::admin_share_up",
            "The share of admins rose from 5 to 7 per cent in a week, so more accounts can change everyone else's.",
            fires: drift("admin_pct", 5, 7, of: "admins"), quiet: drift("admin_pct", 5, 6, of: "admins"),
            exempt: drift("admin_pct", 5, 15, of: "admins", by: 2)),
        RuleCase(
            "drift_signal::sso_coverage_down",
            "Single sign-on fell from 80 to 75 per cent of the applications in a week, so more passwords outlive the accounts they belong to.",
            fires: drift("sso_pct", 80, 75, of: "applications_without_sso"),
            quiet: drift("sso_pct", 80, 76, of: "applications_without_sso"),
            exempt: drift("sso_pct", 80, 60, of: "applications_without_sso", by: 2)),
    ]

    private static let counts: [RuleCase] = [
        RuleCase(
            "drift_signal::findings_surge",
            "Findings open or in progress rose from 20 to 30 in a week, so problems come faster than they are solved.",
            fires: findings((2, 3), (18, 27)), quiet: findings((2, 3), (18, 26)), exempt: findings((1, 1), (17, 26))),
        RuleCase(
            "drift_signal::findings_surge",
            "Findings open or in progress rose from 20 to 30 in a week, so problems come faster than they are solved.",
            fires: findings((2, 3), (18, 27)), quiet: findings((2, 3), (18, 27), newRules: 1)
        ) { company in
            // Slack was connected six days before the earlier snapshot.
            try findings((2, 3), (18, 27))(company)
            try company.connect("slack", at: company.ago(days: 13))
        },
        RuleCase(
            "drift_signal::critical_findings_doubled",
            "Critical findings rose from 3 to 6 in a week, and each of them is enough for a break-in.",
            fires: findings((3, 6), (18, 10)), quiet: findings((3, 5), (18, 50)), exempt: findings((1, 3), (5, 5))),
        RuleCase(
            "drift_signal::remediation_slower",
            "Solving a finding takes 60 hours on average, up from 40 in a week, so attackers have longer to use it.",
            fires: drift("mean_time_to_remediate_hours", 40, 60), quiet: drift("mean_time_to_remediate_hours", 40, 59)),
    ]

    private static let operations: [RuleCase] = [
        RuleCase(
            "drift_signal::termination_lag",
            "Access of the 2 people who left in the last 30 days ended 2.1 days late on average, so former employees could still sign in."
        ) { company in
            let left = company.ago(days: 9)
            try company.person(
                status: "deprovisioned", hr: "terminated", terminated: left, deprovisioned: left - .hours(5))
            try company.person("Bob", hr: "terminated", terminated: company.ago(days: 4, hours: 6))
        } quiet: { company in
            let left = company.ago(days: 9)
            try company.person(
                status: "deprovisioned", hr: "terminated", terminated: left, deprovisioned: left + .days(2))
        } exempt: { company in
            // One person left too long ago, one has not left yet, one lost access at an unknown time, and one has no
            // account at an identity provider.
            let left = company.ago(days: 31)
            try company.person(
                status: "deprovisioned", hr: "terminated", terminated: left, deprovisioned: left + .days(9))
            try company.person("Bob", terminated: company.ago(days: -5))
            // Hired again after an earlier employment.
            try company.person("Erin", terminated: company.ago(days: 9))
            try company.person("Carol", status: "suspended", hr: "terminated", terminated: company.ago(days: 9))
            try company.person("Dan", hr: "terminated", terminated: company.ago(days: 9), idp: false)
        },
        RuleCase(
            "drift_signal::integration_in_error",
            "Jamf Pro has not synced since its last success 3 days ago, because it answers with errors, so changes there are not checked."
        ) { company in
            try company.set("jamf_pro", status: "error", lastSync: company.ago(days: 3))
        } quiet: { company in
            try company.set("jamf_pro", status: "paused", lastSync: company.ago(days: 3))
        },
        RuleCase(
            "drift_signal::integration_degraded",
            "Slack is connected but last synced 10 hours ago, so changes since then are not checked."
        ) { company in
            try company.set("slack", lastSync: company.ago(hours: 10))
        } quiet: { company in
            try company.set("slack", lastSync: company.ago(hours: 10) + 1)
        } exempt: { company in
            try company.set("slack", status: "paused", lastSync: company.ago(days: 10))
        },
    ]

    static let cases: [RuleCase] = coverage + counts + operations

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
