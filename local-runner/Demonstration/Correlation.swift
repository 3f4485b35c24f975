import Analysis
import Base
import Findings

/// Plants findings that combine others, and values that have become worse.
extension Company {
    /// Adds the findings of the correlation rules that follow from the planted problems.
    func correlate() throws {
        let first = planted
        for person in people {
            let own = first.filter { $0.isAbout(person) }
            func has(_ ruleID: String) -> Bool { own.contains { $0.rule.id == ruleID } }
            let since = own.map(\.since).max()
            let severe = own.filter { $0.severity == .critical || $0.severity == .high }
            if severe.count >= 3 {
                try plant(
                    "finding_correlation::person_with_many_high_findings", on: .person(person), from: [.okta],
                    since: since,
                    "\(person.name) has \(severe.count) findings of high severity or above at once, so the account is a likely way in."
                )
            }
            if has("identity_security::admin_without_mfa"),
                let device = person.devices.first(where: { !$0.isEncrypted })
            {
                try plant(
                    "finding_correlation::exposed_admin", on: .person(person), from: [.okta, .googleWorkspace],
                    since: since,
                    "\(person.name) is an Okta admin without a second factor on \(device.hostname), which is not encrypted: one stolen laptop and the company is open."
                )
            }
            if let end = person.terminatedAt, end > now, has("behavioral_anomaly::unusual_downloads") {
                try plant(
                    "finding_correlation::departing_with_downloads", on: .person(person),
                    from: [.bambooHR, .googleWorkspace], since: since,
                    "\(person.name) is leaving the company according to BambooHR and downloaded an unusual number of files 3 days ago."
                )
            }
            if has("behavioral_anomaly::success_after_brute_force"), has("behavioral_anomaly::mfa_factor_disabled") {
                try plant(
                    "finding_correlation::account_takeover_likely", on: .person(person), from: [.okta], since: since,
                    "\(person.name)'s password was guessed and a factor disabled 4 minutes later, so the account is likely in someone else's hands."
                )
            }
        }
    }

    /// Plants values that have become worse: late offboarding, more unsanctioned applications, fewer compliant devices,
    /// an integration that fails, and more open findings.
    func plantDrift() throws {
        let late = try take("late offboarding") {
            $0.status == .deprovisioned && days(since: $0.terminatedAt ?? $0.hiredAt) < 30
        }
        let terminated = midnight(daysAgo: 19) + .hours(15)
        late.terminatedAt = terminated
        late.deprovisionedAt = terminated + .days(12)
        setLastLogin(terminated - .hours(3), of: late)
        let leavers = people.filter { person in
            guard let terminated = person.terminatedAt, terminated <= now else { return false }
            return now.seconds - terminated.seconds <= .days(30)
        }
        let lag = leavers.reduce(0) { sum, person in
            sum + (person.deprovisionedAt ?? now).seconds - (person.terminatedAt ?? now).seconds
        }
        let tenths = lag * 10 / (.days(1) * max(1, leavers.count))
        let since = ago(days: 0)
        try plant(
            "drift_signal::termination_lag", on: .workspace, affecting: leavers, from: [.bambooHR, .okta], since: since,
            "Access of the \(leavers.count) people who left in the last 30 days ended \(tenths / 10).\(tenths % 10) days late on average, so former employees could still sign in."
        )
        let shadowIT = applications.filter(\.isShadowIT)
        let recent = shadowIT.filter { days(since: $0.firstSeen) < 7 }
        try plant(
            "drift_signal::shadow_it_up", on: .workspace, from: [.googleWorkspace], since: since,
            "Unsanctioned applications rose from \(shadowIT.count - recent.count) to \(shadowIT.count) in a week, faster than they are reviewed."
        )
        try plant(
            "drift_signal::compliance_down", on: .workspace, from: [.googleWorkspace], since: since,
            "Device compliance fell from \(compliancePercent + 2) to \(compliancePercent) per cent in a week, so fewer laptops keep to the company's settings."
        )
        try plant(
            "drift_signal::integration_in_error", on: .platform(.jamfPro, nil), from: [.jamfPro], since: ago(days: 3),
            "Jamf Pro has not synced since it was connected 4 days ago, because its credentials are refused, so its Macs are not checked."
        )
        let open = planted.filter(\.isCounted)
        let before = open.filter { $0.since < midnight(daysAgo: 7) + .hours(6) }.count
        try plant(
            "drift_signal::findings_surge", on: .workspace, from: [.okta], since: since,
            "Findings open or in progress rose from \(before) to \(open.count) in a week, so problems come faster than they are solved."
        )
    }

    /// The percentage of machines that are compliant, rounded.
    var compliancePercent: Int {
        (machines.filter(\.isCompliant).count * 200 + machines.count) / (machines.count * 2)
    }
}
