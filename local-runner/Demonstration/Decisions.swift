import Analysis
import Base
import Findings

/// Adds the decisions that people have made about findings so far.
extension Company {
    func decide() {
        // Ten findings get one of the statuses below. None of them is critical, at most eight days old, a correlation,
        // or about a person who has a correlation.
        let correlated = people.filter { person in
            planted.contains { $0.rule.category == .findingCorrelation && $0.isAbout(person) }
        }
        let old = planted.indices.filter { index in
            let finding = planted[index]
            return days(since: finding.since) > 8 && finding.severity != .critical
                && finding.rule.category != .findingCorrelation && !correlated.contains { finding.isAbout($0) }
        }.shuffled(using: &random)
        let statuses: [Planted.Status] = [
            .snoozed(until: midnight(daysAgo: -5) + .hours(9), reason: "Waiting for the hardware order."),
            .snoozed(until: midnight(daysAgo: -12) + .hours(9), reason: "Planned for the next sprint."),
            .snoozed(until: midnight(daysAgo: -30) + .hours(9), reason: "Owner is on parental leave."),
            .dismissed(reason: "Accepted by the system's owner."),
            .dismissed(reason: "Known exception, reviewed every quarter."),
            .dismissed(reason: "Not worth the effort before the contract ends."),
            .inProgress, .inProgress, .inProgress, .inProgress,
        ]
        for (index, status) in zip(old, statuses) { planted[index].status = status }
        let urgent = planted.indices.filter { planted[$0].severity == .critical }.shuffled(using: &random)
        for index in urgent.prefix(4) { planted[index].status = .inProgress }
        solve()
    }

    /// Adds solved findings of people who have no problem now.
    private func solve() {
        let past = [
            (
                "identity_security::user_without_mfa",
                "has no second factor in Okta, so a stolen password is enough to get in."
            ),
            (
                "identity_security::stale_account",
                "has not signed in to Okta for 34 days, so an account that nobody watches stays open."
            ),
            (
                "access_hygiene::department_mismatch",
                "is in different departments for BambooHR and Okta, so access follows the wrong one."
            ),
            (
                "behavioral_anomaly::high_risk_sign_in",
                "signed in from an address that Okta rated as high risk, and was let through."
            ),
            (
                "access_hygiene::aws_key_old",
                "has used the same AWS access key for 97 days, so every copy ever made of it still works."
            ),
            (
                "behavioral_anomaly::suspicious_activity_reported",
                "reported a sign-in they did not make, and their sessions are still open."
            ),
        ]
        for (index, (ruleID, condition)) in past.enumerated() {
            let needsKey = ruleID.hasSuffix("aws_key_old")
            guard let rule = Rule.named(ruleID),
                let person = try? take("solved", where: { $0.isPlain && (!needsKey || $0.account(on: .aws) != nil) })
            else { continue }
            let found = ago(days: 34 + index * 3)
            solved.append(
                Planted(
                    rule: rule, severity: rule.severity, subject: .person(person), people: [],
                    platforms: needsKey ? [.aws] : [.okta], since: found, sentence: "\(person.name) \(condition)",
                    status: .resolved(at: found + .days(2) + number(0..<Int.days(3)))))
        }
    }
}
