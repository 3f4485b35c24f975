import Findings

extension Rule {
    /// Paid seats that nobody uses. They do not count towards the risk score. Seats are those of active people, and
    /// admin seats have their own rule.
    static let licenseWaste: [Rule] =
        [
            Rule(
                .licenseWaste, "unused_30_days", .low, on: .application, "Licenses unused for 30 days",
                recommend: "Ask the holders whether they still need their seats.", action: .notifyUser),
            Rule(
                .licenseWaste, "unused_60_days", .low, on: .application, "Licenses unused for 60 days",
                recommend: "Take back the seats that their holders cannot justify.", action: .revokeLicense),
            Rule(
                .licenseWaste, "unused_90_days", .medium, on: .application, "Licenses unused for 90 days",
                recommend: "Take back the seats.", action: .revokeLicense),
            // Assigned 30 days ago or more.
            Rule(
                .licenseWaste, "never_used", .low, on: .application, "Licenses never used",
                recommend: "Take back the seats that were never used.", action: .revokeLicense),
            Rule(
                .licenseWaste, "licensed_twice", .low, on: .identity, "Same person licensed twice",
                recommend: "Take back one of the two seats.", action: .revokeLicense),
            // Unused for 30 days or more.
            Rule(
                .licenseWaste, "admin_seat_inactive", .medium, on: .identity, "Admin seat inactive",
                recommend: "Take the admin seat back.", action: .revokeLicense),
            Rule(
                .licenseWaste, "service_account_seat", .low, on: .identity,
                "Service account holds a paid seat",
                recommend: "Move the service account to a free integration user.", action: .revokeLicense),
            Rule(
                .licenseWaste, "mostly_unused_app", .medium, on: .application,
                "App whose seats are mostly unused",
                recommend: "Renew the contract with fewer seats.", action: .createTicket),
            Rule(
                .licenseWaste, "external_seat_unused", .low, on: .identity,
                "External user holds an unused seat",
                recommend: "Take the external user's seat back.", action: .revokeLicense),
        ]
        + businessPlatforms.map { platform, name in
            Rule(
                .licenseWaste, platform + "_unused_90_days", .medium, on: .identity,
                "\(name) user unused for 90 days",
                recommend: "Take back the seat in \(name).", action: .revokeLicense)
        }
}
