extension Background {
    /// Returns the background of a rule about license waste, by the name in its id; nil if there is none.
    static func licenseWaste(_ name: some StringProtocol) -> Background? {
        switch name {
        case "unused_30_days":
            Background(
                "Seats without use can go back, and fewer accounts are fewer ways in.",
                falsePositives: "Seats that are kept for people on leave.",
                references: [.finopsLicenses])
        case "unused_60_days":
            Background(
                "Seats without use can go back, and fewer accounts are fewer ways in.",
                falsePositives: "Seats that are kept for people on leave.",
                references: [.finopsLicenses])
        case "unused_90_days":
            Background(
                "A seat without use for a quarter of a year is rarely needed.",
                falsePositives: "Seats for seasonal work.",
                references: [.finopsLicenses])
        case "never_used":
            Background(
                "A seat that was never used was probably assigned by a default.",
                falsePositives: "Seats for starters.",
                references: [.finopsLicenses])
        case "mostly_unused_app":
            Background(
                "If most seats are unused, the contract is too large.",
                falsePositives: "An application that is being introduced.",
                references: [.finopsLicenses])
        case "licensed_twice":
            Background(
                "One person needs one seat.",
                falsePositives: "Seats of different products that share a name.",
                references: [.finopsLicenses])
        case "admin_seat_inactive":
            Background(
                "An administrator's seat without use costs money and is a way in.",
                falsePositives: "Deputies of the administrator.",
                references: [.finopsLicenses, .nistControls],
                techniques: ["T1078.004"])
        case "service_account_seat":
            Background(
                "A program needs a key, not a person's seat, which also needs a password.",
                falsePositives: "Applications without an API.",
                references: [.finopsLicenses, .owaspNonHumanIdentities])
        case "external_seat_unused":
            Background(
                "The company pays for a seat of another company's employee who does not use it.",
                falsePositives: "Partners whose work begins later.",
                references: [.finopsLicenses])
        case _ where name.hasSuffix("_unused_90_days"):
            Background(
                "A seat without use for a quarter of a year is rarely needed.",
                falsePositives: "Seats for seasonal work.",
                references: [.finopsLicenses])
        default: nil
        }
    }
}
