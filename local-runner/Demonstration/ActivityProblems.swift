import Base

/// Plants traces of attackers, and of people who behave unusually, in the logs.
extension Company {
    func plantAttacks() throws {
        let target = try take("brute force") { $0.isPlain && days(since: $0.hiredAt) > 60 }
        bruteForce(target, daysAgo: 6, failures: 23, addresses: 4)
        removeFactor(of: target)
        try plant(
            "compound_risk::brute_forced_without_mfa", on: .person(target), from: [.okta],
            since: officeHours(daysAgo: 5),
            "\(target.name) was the target of 23 failed sign-ins and has no second factor, so the next right guess is enough."
        )

        let victim = try take("account takeover") { $0.isPlain && days(since: $0.hiredAt) > 60 }
        let addresses = bruteForce(victim, daysAgo: 3, failures: 41, addresses: 5)
        let entry = midnight(daysAgo: 3) + .hours(15) + 1260
        record("user.session.start", of: victim, from: addresses[1], at: entry)
        record(
            "user.mfa.factor.deactivate", of: victim, target: victim.name, from: addresses[1], at: entry + 240,
            ["factor": "Okta Verify"])
        let guessed = try take("brute force, failed")
        bruteForce(guessed, daysAgo: 4, failures: 26, addresses: 4)
        try plantBruteForce(guessed, 4, 26, 4)
        try plant(
            "behavioral_anomaly::success_after_brute_force", on: .person(victim), from: [.okta], since: entry,
            "\(victim.name) signed in from \(addresses[1]) 21 minutes after 41 failures had begun, 3 days ago, so the password has been guessed."
        )
        try plant(
            "behavioral_anomaly::mfa_factor_disabled", on: .person(victim), from: [.okta], since: entry,
            "Okta Verify was disabled for \(victim.name) 3 days ago, so one factor less protects the account.")

        let sprayed = people.filter {
            $0.isPlain && days(since: $0.hiredAt) > 60
        }.shuffled(using: &random).prefix(17)
        for (index, person) in sprayed.enumerated() {
            record(
                "user.session.start", of: person, from: "198.51.100.23",
                at: midnight(daysAgo: 12) + .hours(3) + index * 40, failed: true, ["reason": "INVALID_CREDENTIALS"])
        }
        try plant(
            "behavioral_anomaly::password_spray", on: .workspace, affecting: Array(sprayed), from: [.okta],
            since: midnight(daysAgo: 12) + .hours(4),
            "198.51.100.23 tried the passwords of 17 people within 11 minutes 12 days ago, which is how attackers find weak passwords."
        )
        let nagged = try take("MFA failures")
        let moment = officeHours(daysAgo: 4)
        for attempt in 0..<7 {
            record("user.authentication.auth_via_mfa", of: nagged, at: moment + attempt * 150, failed: true)
        }
        try plant(
            "behavioral_anomaly::repeated_mfa_failures", on: .person(nagged), from: [.okta], since: moment + 900,
            "\(nagged.name) failed MFA 7 times within 15 minutes 4 days ago, so someone who has the password may be pushing for approval."
        )
    }

    private func plantBruteForce(_ person: Person, _ days: Int, _ failures: Int, _ addresses: Int) throws {
        try plant(
            "behavioral_anomaly::brute_force", on: .person(person), from: [.okta],
            since: midnight(daysAgo: days) + .hours(16),
            "\(person.name) had \(failures) failed sign-ins from \(addresses) addresses \(days) days ago, so someone is guessing the password."
        )
    }

    /// Records failed sign-ins in the afternoon, within twenty minutes. Returns the IP addresses that they come from.
    @discardableResult
    private func bruteForce(_ person: Person, daysAgo days: Int, failures: Int, addresses count: Int) -> [String] {
        let addresses = (0..<count).map { _ in "203.0.113.\(number(100..<250))" }
        for attempt in 0..<failures {
            record(
                "user.session.start", of: person, from: addresses[attempt % count],
                at: midnight(daysAgo: days) + .hours(15) + attempt * 1200 / failures, failed: true,
                ["reason": "INVALID_CREDENTIALS", "country": .string(person.country)])
        }
        return addresses
    }

    func plantAnomalies() throws {
        let reporter = try take("suspicious activity")
        let moment = officeHours(daysAgo: 2)
        record("user.account.report_suspicious_activity_by_enduser", of: reporter, at: moment)
        try plant(
            "behavioral_anomaly::suspicious_activity_reported", on: .person(reporter), from: [.okta], since: moment,
            "\(reporter.name) reported a sign-in they did not make 2 days ago, and their sessions are still open.")
        let risky = try take("high-risk sign-in")
        let risk = officeHours(daysAgo: 5)
        record("policy.evaluate_sign_on", of: risky, from: "192.0.2.66", at: risk, ["risk": "high"])
        try plant(
            "behavioral_anomaly::high_risk_sign_in", on: .person(risky), from: [.okta], since: risk,
            "Okta rated a sign-in of \(risky.name) from 192.0.2.66 as high risk 5 days ago and let it through.")
        let owl = try take("off hours") {
            $0.isPlain && $0.account(on: .github) == nil && days(since: $0.hiredAt) > 60
        }
        for day in 8...29 where isWorkday(daysAgo: day) {
            record("user.session.start", of: owl, at: officeHours(daysAgo: day))
        }
        for day in 1...5 {
            record("user.session.start", of: owl, at: midnight(daysAgo: day) + .hours(2) + number(0..<3000))
        }
        owl.lastLogin = max(owl.lastLogin ?? now, midnight(daysAgo: 1) + .hours(2))
        try plant(
            "behavioral_anomaly::off_hours_sign_in", on: .person(owl), from: [.okta],
            since: midnight(daysAgo: 1) + .hours(3),
            "\(owl.name) signed in 5 times between 02:00 and 03:00 in the last week, hours at which they had not signed in for two months."
        )
        let traveller = try take("impossible travel") { $0.isPlain && $0.country == "NL" }
        let departure = midnight(daysAgo: 7) + .hours(13)
        record("user.session.start", of: traveller, at: departure)
        record(
            "user.session.start", of: traveller, from: "192.0.2.140", at: departure + 2460, ["country": "BR"])
        try plant(
            "behavioral_anomaly::impossible_travel", on: .person(traveller), from: [.okta], since: departure + 2460,
            "\(traveller.name) signed in from the Netherlands and 41 minutes later from Brazil 7 days ago, which no flight allows."
        )
        for isDeparting in [false, true] {
            let person = try take("downloads") { $0.isPlain && days(since: $0.hiredAt) > 60 }
            let files = isDeparting ? 236 : 148
            let start = midnight(daysAgo: 3) + .hours(16)
            for index in 0..<files {
                record(
                    "download", of: person, on: .googleWorkspace, target: "document-" + code(6), at: start + index * 11)
            }
            try plant(
                "behavioral_anomaly::unusual_downloads", on: .person(person), from: [.googleWorkspace],
                since: start + .hours(1),
                "\(person.name) downloaded \(files) files from Google Drive within an hour 3 days ago, many times what is usual."
            )
            if isDeparting { person.terminatedAt = midnight(daysAgo: -12) + .hours(12) }
        }
    }
}
