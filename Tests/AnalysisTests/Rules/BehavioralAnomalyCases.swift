import Base
import TestSupport
import Testing

@Suite(.usesStore) struct BehavioralAnomalyTests {
    private static let attacks: [RuleCase] = [
        RuleCase(
            "behavioral_anomaly::repeated_mfa_failures",
            "Ada Lovelace failed MFA 5 times within 60 minutes 3 days ago, so someone else may have the password and lack the second factor."
        ) { company in
            try company.failMFA(of: company.person(), 5, every: 900)
        } quiet: { company in
            try company.failMFA(of: company.person(), 5, every: 901)
            try company.failMFA(of: company.person("Bob"), 4, every: 10)
        } exempt: { company in
            let ada = try company.person()
            for minute in 0..<9 {
                try company.event("user.authentication.auth_via_mfa", of: ada, at: company.ago(minutes: minute))
                try company.event(
                    "user.authentication.auth_via_mfa", of: ada, at: company.ago(days: 31, minutes: minute),
                    failed: true)
            }
        },
        RuleCase(
            "behavioral_anomaly::brute_force",
            "Ada Lovelace had 10 failed sign-ins from 3 addresses 2 days ago, so someone is guessing the password."
        ) { company in
            try company.failSignIns(
                of: company.person(), 10, from: 3, at: company.ago(days: 2, hours: 1))
        } quiet: { company in
            try company.failSignIns(of: company.person(), 9, from: 3)
            try company.failSignIns(of: company.person("Bob"), 10, from: 2)
            let carol = try company.person("Carol")
            for day in 1...2 { try company.failSignIns(of: carol, 6, from: 3, at: company.ago(days: day)) }
        } exempt: { company in
            try company.failSignIns(of: company.person(), 20, from: 5, at: company.ago(days: 31))
            // After a change of the password, the person's own devices fail, on networks that they have used before.
            let bob = try company.person("Bob")
            try company.event(
                "user.session.start", of: bob, at: company.ago(days: 9), address: "203.0.113.77")
            try company.failSignIns(of: bob, 20, from: 5)
        },
        RuleCase(
            "behavioral_anomaly::success_after_brute_force",
            "Ada Lovelace signed in from 203.0.113.2 21 minutes after 10 failures had begun, 2 days ago, so the password has been guessed."
        ) { company in
            let ada = try company.person()
            let start = company.ago(days: 2, hours: 1)
            try company.failSignIns(of: ada, 10, from: 3, at: start)
            try company.event("user.session.start", of: ada, at: start + 1260, address: "203.0.113.2")
        } quiet: { company in
            // A sign-in from an address that took no part in the attack, one more than a day after the attack, and one
            // after too small an attack.
            let start = company.ago(days: 4)
            let ada = try company.person()
            try company.failSignIns(of: ada, 10, from: 3, at: start)
            try company.event("user.session.start", of: ada, at: start + 1260, address: "203.0.113.9")
            try company.event("user.session.start", of: ada, at: start + 541 + .days(1), address: "203.0.113.2")
            let bob = try company.person("Bob")
            try company.failSignIns(of: bob, 9, from: 3, at: start)
            try company.event("user.session.start", of: bob, at: start + 1260, address: "203.0.113.2")
        } exempt: { company in
            // The person has signed in from this address before the attack, so it is the person's own.
            let ada = try company.person()
            let start = company.ago(days: 2)
            try company.event("user.session.start", of: ada, at: start - .days(3), address: "203.0.113.2")
            try company.failSignIns(of: ada, 10, from: 3, at: start)
            try company.event("user.session.start", of: ada, at: start + 1260, address: "203.0.113.2")
        },
        RuleCase(
            "behavioral_anomaly::password_spray",
            "198.51.100.7 tried the passwords of 10 people within 10 minutes 2 days ago, which is how attackers find weak passwords."
        ) { company in
            try company.spray(people: 10)
            try company.event(
                "user.session.start", of: company.person(), at: company.ago(days: 2) - 540, address: "198.51.100.7")
        } quiet: { company in
            try company.spray(people: 9)
            try company.event(
                "user.session.start", of: company.person(), at: company.ago(days: 2), failed: true,
                address: "198.51.100.8")
        } exempt: { company in
            // Ten other people sign in from this address at the same time, as in an office whose people mistype
            // passwords.
            try company.spray(people: 10)
            for number in 1...10 {
                try company.event(
                    "user.session.start", of: company.person("Colleague \(number)"), at: company.ago(days: 2) - 500,
                    address: "198.51.100.7")
            }
        },
        RuleCase(
            "behavioral_anomaly::password_spray",
            "198.51.100.7 tried the passwords of 10 people within 10 minutes 29 days ago, which is how attackers find weak passwords."
        ) { company in
            try company.spray(people: 10, lastAt: company.ago(days: 30) + 540)
        } quiet: { company in
            try company.spray(people: 10, lastAt: company.ago(days: 30) + 539)
        } exempt: { company in
            // The rule counts the people of each day separately: five fail before midnight (UTC), and five after it.
            try company.spray(people: 10, lastAt: company.ago(days: 4, hours: 12, minutes: 26))
        },
    ]

    private static let signIns: [RuleCase] = [
        RuleCase(
            "behavioral_anomaly::mfa_factor_disabled",
            "Okta Verify and SMS were disabled for Ada Lovelace 3 days ago, so fewer factors protect the account."
        ) { company in
            let ada = try company.person()
            try company.event("user.mfa.factor.deactivate", of: ada, at: company.ago(days: 9), ["factor": "SMS"])
            try company.event(
                "user.mfa.factor.deactivate", of: ada, at: company.ago(days: 3), target: "Ada Lovelace",
                ["factor": "Okta Verify"])
        } quiet: { company in
            let ada = try company.person()
            try company.event("user.mfa.factor.deactivate", of: ada, at: company.ago(days: 30) - 1)
            try company.event("user.mfa.factor.deactivate", of: ada, at: company.ago(days: 1), failed: true)
        },
        RuleCase(
            "behavioral_anomaly::mfa_factor_disabled",
            "A second factor was disabled for Ada Lovelace 30 days ago, so one factor less protects the account."
        ) { company in
            try company.event(
                "user.mfa.factor.deactivate", of: company.person(), on: "aws", at: company.ago(days: 30),
                target: "Ada Lovelace")
        } quiet: { company in
            try company.event("user.mfa.factor.activate", of: company.person(), at: company.ago(days: 3))
            // Bob has a new phone.
            let bob = try company.person("Bob")
            try company.event("user.mfa.factor.deactivate", of: bob, at: company.ago(days: 3))
            try company.event("user.mfa.factor.activate", of: bob, at: company.ago(days: 2))
            // The help desk removed Carol's lost phone, and she added the new one at home.
            let carol = try company.person("Carol")
            try company.event("user.session.start", of: carol, at: company.ago(days: 9), address: "81.0.0.7")
            try company.event("user.mfa.factor.deactivate", of: carol, at: company.ago(days: 3))
            try company.event(
                "user.mfa.factor.activate", of: carol, at: company.ago(days: 3) + 600, address: "81.0.0.7")
        },
        RuleCase(
            "behavioral_anomaly::mfa_factor_disabled",
            "A second factor was disabled for Ada Lovelace 3 days ago, so one factor less protects the account."
        ) { company in
            // The other factor was added from elsewhere. The first sign-in from there came later.
            let ada = try company.person()
            try company.event("user.mfa.factor.deactivate", of: ada, at: company.ago(days: 3))
            try company.event(
                "user.mfa.factor.activate", of: ada, at: company.ago(days: 3) + 60, address: "203.0.113.9")
            try company.event("user.session.start", of: ada, at: company.ago(days: 3) + 90, address: "203.0.113.9")
        } quiet: { company in
            try company.person()
        },
        RuleCase(
            "behavioral_anomaly::suspicious_activity_reported",
            "Ada Lovelace reported a sign-in they did not make 30 days ago, so someone else may know the password."
        ) { company in
            try company.event(
                "user.account.report_suspicious_activity_by_enduser", of: company.person(), at: company.ago(days: 30))
        } quiet: { company in
            try company.event(
                "user.account.report_suspicious_activity_by_enduser", of: company.person(),
                at: company.ago(days: 30) - 1)
        },
        RuleCase(
            "behavioral_anomaly::high_risk_sign_in",
            "Okta rated a sign-in of Ada Lovelace from 192.0.2.66 as high risk 5 days ago and let it through."
        ) { company in
            try company.event(
                "policy.evaluate_sign_on", of: company.person(), at: company.ago(days: 5), address: "192.0.2.66",
                ["risk": "high"])
        } quiet: { company in
            try company.event(
                "policy.evaluate_sign_on", of: company.person(), at: company.ago(days: 5), ["risk": "medium"])
        } exempt: { company in
            try company.event(
                "policy.evaluate_sign_on", of: company.person(), at: company.ago(days: 5), failed: true,
                ["risk": "high"])
        },
        RuleCase(
            "behavioral_anomaly::high_risk_sign_in",
            "Okta rated a sign-in of Ada Lovelace from 198.51.100.7 as high risk 30 days ago and let it through."
        ) { company in
            try company.event(
                "policy.evaluate_sign_on", of: company.person(), at: company.ago(days: 30), ["risk": "high"])
        } quiet: { company in
            try company.event(
                "policy.evaluate_sign_on", of: company.person(), at: company.ago(days: 30) - 1, ["risk": "high"])
        },
        RuleCase(
            "behavioral_anomaly::high_risk_sign_in", severity: .medium,
            "Okta rated a sign-in of Ada Lovelace from 198.51.100.7 as high risk 5 days ago and let it through after a second factor."
        ) { company in
            let ada = try company.person()
            try company.event(
                "policy.evaluate_sign_on", of: ada, at: company.ago(days: 5), ["risk": "high", "challenge": "yes"])
            try company.event("user.authentication.auth_via_mfa", of: ada, at: company.ago(days: 5) + 600)
        } quiet: { company in
            // The second factor was not given.
            let ada = try company.person()
            try company.event(
                "policy.evaluate_sign_on", of: ada, at: company.ago(days: 5), ["risk": "high", "challenge": "yes"])
            try company.event("user.authentication.auth_via_mfa", of: ada, at: company.ago(days: 5) + 601)
        },
        RuleCase(
            "behavioral_anomaly::off_hours_sign_in",
            "Ada Lovelace signed in 3 times in the last week at hours of the day at which they had not signed in for two months."
        ) { company in
            let ada = try company.person()
            for day in 10...19 { try company.event("user.session.start", of: ada, at: company.ago(days: day)) }
            try company.signInAtNight(ada, daysAgo: [1, 2, 3])
        } quiet: { company in
            let ada = try company.person()
            for day in 10...19 { try company.event("user.session.start", of: ada, at: company.ago(days: day)) }
            try company.signInAtNight(ada, daysAgo: [1, 2])
            // Nine earlier sign-ins are too few.
            let bob = try company.person("Bob")
            for day in 10...18 { try company.event("user.session.start", of: bob, at: company.ago(days: day)) }
            try company.signInAtNight(bob, daysAgo: [1, 2, 3])
            // Carol works at night, but was on holiday.
            let carol = try company.person("Carol")
            try company.signInAtNight(carol, daysAgo: [1, 2, 3] + Array(30...40))
        } exempt: { company in
            let robot = try company.person("ci-build", type: "service_account")
            for day in 10...19 { try company.event("user.session.start", of: robot, at: company.ago(days: day)) }
            try company.signInAtNight(robot, daysAgo: [1, 2, 3])
        },
        RuleCase(
            "behavioral_anomaly::impossible_travel",
            "Ada Lovelace signed in from NL and 120 minutes later from BR 7 days ago, so one of the two was probably someone else."
        ) { company in
            try company.travel(company.person(), hours: 2)
        } quiet: { company in
            try company.travel(company.person(), hours: 2, seconds: 1)
            try company.travel(company.person("Bob"), from: "NL", to: "NL", hours: 1)
            let carol = try company.person("Carol")
            try company.event("user.session.start", of: carol, at: company.ago(days: 3), ["country": "NL"])
            try company.event("user.session.start", of: carol, at: company.ago(days: 3) + 60)
        } exempt: { company in
            let ada = try company.person()
            try company.event("user.session.start", of: ada, at: company.ago(days: 3), ["country": "NL"])
            try company.event(
                "user.session.start", of: ada, at: company.ago(days: 3) + 60, failed: true, ["country": "BR"])
            // Two platforms may locate an address differently, and an address of five people is no place.
            let bob = try company.person("Bob")
            try company.event("user.session.start", of: bob, at: company.ago(days: 3), ["country": "NL"])
            try company.event(
                "user.session.start", of: bob, on: "google_workspace", at: company.ago(days: 3) + 60,
                address: "192.0.2.1",
                ["country": "US"])
            for number in 1...5 {
                let person = try company.person("Person \(number)")
                try company.event(
                    "user.session.start", of: person, at: company.ago(days: 3), address: "81.0.0.\(number)",
                    ["country": "NL"])
                try company.event(
                    "user.session.start", of: person, at: company.ago(days: 3) + 60, address: "192.0.2.200",
                    ["country": "IE"])
            }
            // A person crosses the border to Belgium and comes back.
            let carol = try company.person("Carol")
            try company.travel(carol, from: "NL", to: "BE", hours: 1)
            try company.travel(carol, from: "BE", to: "NL", hours: 1, arrival: company.ago(days: 6))
        },
        RuleCase(
            "behavioral_anomaly::impossible_travel",
            "Ada Lovelace signed in from NL and 60 minutes later from BR 29 days ago, so one of the two was probably someone else."
        ) { company in
            try company.travel(company.person(), hours: 1, arrival: company.ago(days: 30) + .hours(1))
        } quiet: { company in
            try company.travel(company.person(), hours: 1, arrival: company.ago(days: 30) + .hours(1) - 1)
        },
        RuleCase(
            "behavioral_anomaly::dormant_account_awakened",
            "Ada Lovelace signed in 10 days ago after 60 days without a sign-in, as someone with a stolen password would."
        ) { company in
            let ada = try company.person()
            for day in [100, 70, 10, 2] {
                try company.event("user.session.start", of: ada, at: company.ago(days: day))
            }
        } quiet: { company in
            let ada = try company.person()
            for day in [100, 69, 10, 2] {
                try company.event("user.session.start", of: ada, at: company.ago(days: day))
            }
        } exempt: { company in
            try company.event("user.session.start", of: company.person(), at: company.ago(days: 2))
        },
        RuleCase(
            "behavioral_anomaly::dormant_account_awakened",
            "Ada Lovelace signed in 10 days ago after 180 days without a sign-in, as someone with a stolen password would."
        ) { company in
            let ada = try company.person()
            for day in [190, 10] { try company.event("user.session.start", of: ada, at: company.ago(days: day)) }
        } quiet: { company in
            // The log begins 69 days ago, and sign-ins before that are unknown.
            try company.event("user.session.start", of: company.person("Bob"), at: company.ago(days: 69))
            try company.event("user.session.start", of: company.person(), at: company.ago(days: 10))
        } exempt: { company in
            try company.event("user.session.start", of: company.person("Bob"), at: company.ago(days: 150))
            let new = try company.person(created: company.ago(days: 69))
            try company.event("user.session.start", of: new, at: company.ago(days: 10))
        },
        RuleCase(
            "behavioral_anomaly::dormant_account_awakened",
            "Ada Lovelace signed in 10 days ago after 60 days without a sign-in, as someone with a stolen password would."
        ) { company in
            try company.event("user.session.start", of: company.person("Bob"), at: company.ago(days: 150))
            let ada = try company.person(created: company.ago(days: 70))
            try company.event("user.session.start", of: ada, at: company.ago(days: 10))
        } quiet: { company in
            try company.event("user.session.start", of: company.person("Bob"), at: company.ago(days: 150))
            let ada = try company.person(created: company.ago(days: 70) + 1)
            try company.event("user.session.start", of: ada, at: company.ago(days: 10))
        },
        RuleCase(
            "behavioral_anomaly::repeated_password_resets",
            "The password of Ada Lovelace was reset 3 times within a day 4 days ago, so someone may be trying to take the account over."
        ) { company in
            try company.repeatEvent(
                "user.account.reset_password", of: company.person(), 3, lastAt: company.ago(days: 4))
        } quiet: { company in
            try company.repeatEvent(
                "user.account.reset_password", of: company.person(), 2, lastAt: company.ago(days: 4))
        } exempt: { company in
            let ada = try company.person()
            for day in 1...4 {
                try company.repeatEvent("user.account.reset_password", of: ada, 1, lastAt: company.ago(days: day))
            }
        },
        RuleCase(
            "behavioral_anomaly::repeated_password_resets",
            "The password of Ada Lovelace was reset 3 times within a day 29 days ago, so someone may be trying to take the account over."
        ) { company in
            try company.repeatEvent(
                "user.account.reset_password", of: company.person(), 3, lastAt: company.ago(days: 30) + 120)
        } quiet: { company in
            try company.repeatEvent(
                "user.account.reset_password", of: company.person(), 3, lastAt: company.ago(days: 30) + 119)
        },
    ]

    private static let actions: [RuleCase] = [
        RuleCase(
            "behavioral_anomaly::unusual_downloads",
            "Ada Lovelace downloaded 100 files from Google Workspace within 2 hours 3 days ago, at least ten times as many as on an average day."
        ) { company in
            try company.touchFiles("download", by: company.person(), 100)
        } quiet: { company in
            try company.touchFiles("download", by: company.person(), 99)
            // Twenty files on most other days are more than a tenth of the busiest day.
            let bob = try company.person("Bob")
            try company.touchFiles("download", by: bob, 100)
            for day in 5...24 {
                try company.touchFiles("download", by: bob, 20, lastAt: company.ago(days: day))
            }
            try company.touchFiles("download", by: company.person("backup", type: "service_account"), 200)
        } exempt: { company in
            // The person uses the same file every time.
            let ada = try company.person()
            for _ in 0..<120 {
                try company.event(
                    "download", of: ada, on: "google_workspace", at: company.ago(days: 3), target: "plan")
            }
        },
        RuleCase(
            "behavioral_anomaly::unusual_downloads",
            "Ada Lovelace downloaded 100 files from Google Workspace within 2 hours 29 days ago, at least ten times as many as on an average day."
        ) { company in
            try company.touchFiles("download", by: company.person(), 100, lastAt: company.ago(days: 30) + 3960)
        } quiet: { company in
            try company.touchFiles("download", by: company.person(), 100, lastAt: company.ago(days: 30) + 3959)
        },
        RuleCase(
            "behavioral_anomaly::mass_deletion", severity: .low,
            "Ada Lovelace put into the trash 200 files in Google Workspace within 3 hours 3 days ago, so the company may have lost what others need."
        ) { company in
            try company.touchFiles("trash", by: company.person(), 200)
        } quiet: { company in
            try company.touchFiles("delete", by: company.person(), 199)
        },
        RuleCase(
            "behavioral_anomaly::mass_deletion",
            "Ada Lovelace deleted 200 files in Google Workspace within 3 hours 29 days ago, so the company may have lost what others need."
        ) { company in
            try company.touchFiles("delete", by: company.person(), 200, lastAt: company.ago(days: 30) + 7960)
        } quiet: { company in
            try company.touchFiles("delete", by: company.person(), 200, lastAt: company.ago(days: 30) + 7959)
        },
        RuleCase(
            "behavioral_anomaly::admin_grant_burst",
            "Ada Lovelace granted admin roles in Okta 3 times within a day 4 days ago, as an intruder would who wants to stay."
        ) { company in
            try company.repeatEvent(
                "user.account.privilege.grant", of: company.person(type: "admin"), 3, lastAt: company.ago(days: 4))
        } quiet: { company in
            try company.repeatEvent(
                "user.account.privilege.grant", of: company.person(type: "admin"), 2, lastAt: company.ago(days: 4))
        },
        RuleCase(
            "behavioral_anomaly::admin_grant_burst",
            "Ada Lovelace granted admin roles in Okta 3 times within a day 29 days ago, as an intruder would who wants to stay."
        ) { company in
            try company.repeatEvent(
                "group.privilege.grant", of: company.person(type: "admin"), 3, lastAt: company.ago(days: 30) + 120)
        } quiet: { company in
            try company.repeatEvent(
                "group.privilege.grant", of: company.person(type: "admin"), 3, lastAt: company.ago(days: 30) + 119)
        },
        RuleCase(
            "behavioral_anomaly::audit_logging_disabled",
            "Ada Lovelace turned audit logging off in AWS 2 days ago, so what has been done there since leaves no trace."
        ) { company in
            try company.event("StopLogging", of: company.person(), on: "aws", at: company.ago(days: 2))
        } quiet: { company in
            try company.event("StopLogging", of: company.person(), on: "aws", at: company.ago(days: 30) - 1)
        } exempt: { company in
            try company.event("StopLogging", of: company.person(), on: "aws", at: company.ago(days: 2), failed: true)
            try company.event("DeleteTrail", on: "aws", at: company.ago(days: 2))
            try company.set("aws", status: "paused", lastSync: company.ago(hours: 1))
        },
        RuleCase(
            "behavioral_anomaly::sign_on_policy_weakened",
            "Ada Lovelace turned off the policy Everyone or a rule of it in Okta 2 days ago, so sign-ins are checked less than before."
        ) { company in
            try company.event(
                "policy.rule.deactivate", of: company.person(), at: company.ago(days: 2), target: "Everyone")
        } quiet: { company in
            try company.event(
                "policy.rule.deactivate", of: company.person(), at: company.ago(days: 30) - 1, target: "Everyone")
            try company.event("policy.rule.activate", of: company.person("Bob"), at: company.ago(days: 2))
        },
    ]

    static let cases: [RuleCase] = attacks + signIns + actions

    @Test("The rule finds exactly the problem of its case", arguments: cases)
    func findsWhatItShould(_ ruleCase: RuleCase) throws { try ruleCase.check() }
}
