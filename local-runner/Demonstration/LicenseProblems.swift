import Base

/// Plants seats that are paid for and not used.
extension Company {
    func plantLicenseWaste() throws {
        for (name, rule, range, count) in [
            ("Figma", "unused_30_days", 31..<56, 5), ("Canva", "unused_60_days", 62..<86, 4),
            ("Gong", "unused_90_days", 95..<160, 7), ("Amplitude", "never_used", 0..<0, 3),
        ] {
            let application = try application(name)
            let seats = application.entitlements.filter { seat in
                guard let person = seat.account.person else { return false }
                return seat.isLicense && person.isPlain && days(since: person.hiredAt) > 200
            }.shuffled(using: &random).prefix(count)
            guard seats.count == count else { throw DemonstrationError.nothingLeft(name) }
            var holders: [Person] = []
            for seat in seats {
                seat.grantedAt = ago(days: number(165..<190))
                seat.lastUsed = range.isEmpty ? nil : ago(days: number(range))
                if let person = seat.account.person { holders.append(person) }
            }
            let unused =
                range.isEmpty
                ? "were never used since they were assigned, 30 days ago or more"
                : "have not been used for \(rule.split(separator: "_")[1]) days or more"
            try plant(
                "license_waste::" + rule, on: .application(application), affecting: holders, from: [.okta],
                "\(count) \(name) seats \(unused), but all are paid for every month.")
        }
        let double = try take("licensed twice") { $0.isPlain && $0.department == "Support" }
        let zendesk = try application("Zendesk")
        entitle(double, to: zendesk, role: "Light Agent", isLicense: true)
        try plant(
            "license_waste::licensed_twice", on: .person(double), from: [.okta],
            "\(double.name) holds 2 Zendesk seats, as Light Agent and Member, and needs only one.")
        let idle = try take("idle admin seat") { $0.isPlain && $0.department == "Product" }
        entitle(
            idle, to: try application("Miro"), role: "Company Admin", isAdmin: true, isLicense: true,
            lastUsed: ago(days: 49))
        try plant(
            "license_waste::admin_seat_inactive", on: .person(idle), from: [.okta],
            "\(idle.name) holds an admin seat of Miro that has not been used for 49 days, which is paid for and still opens everything."
        )
        let robot = try take("service seat") { $0.kind == .service }
        entitle(robot, to: try application("Datadog"), isLicense: true)
        try plant(
            "license_waste::service_account_seat", on: .person(robot), from: [.okta],
            "The service account \(robot.name) holds a paid Datadog seat that an API key would replace.")
    }
}
