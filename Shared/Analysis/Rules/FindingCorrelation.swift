import Findings

extension Rule {
    /// What the findings of all other rules say together. These run last.
    static let findingCorrelation: [Rule] = [
        // Findings of high severity and above.
        Rule(
            .findingCorrelation, "person_with_many_high_findings", .critical, on: .identity,
            "One person with three or more high findings",
            recommend: "Deal with this person's findings together.", action: .createTicket),
        Rule(
            .findingCorrelation, "exposed_admin", .critical, on: .identity,
            "Admin without MFA on an unencrypted device",
            recommend: "Remove the admin role until MFA and encryption are on.", action: .removeAdminRole),
        Rule(
            .findingCorrelation, "departing_with_downloads", .critical, on: .identity,
            "Departing user with unusual downloads",
            recommend: "Talk to HR and the manager, and limit the person's access now.", action: .suspendUser),
        // A sign-in after brute force, and a factor disabled.
        Rule(
            .findingCorrelation, "account_takeover_likely", .critical, on: .identity,
            "Account takeover likely",
            recommend: "Suspend the account, end its sessions and start an investigation.",
            action: .suspendUser),
        // Three or more shadow-IT findings about one application.
        Rule(
            .findingCorrelation, "app_with_many_findings", .high, on: .application,
            "One app with three or more findings",
            recommend: "Block the app until its findings are dealt with.", action: .blockApp),
        // Three or more findings about one device.
        Rule(
            .findingCorrelation, "device_with_many_findings", .high, on: .device,
            "One device with three or more findings",
            recommend: "Replace or reinstall the device.", action: .retireDevice),
        Rule(
            .findingCorrelation, "unmatched_admins_on_several_platforms", .high, on: .workspace,
            "Unmatched admins on three or more platforms",
            recommend: "Review all admins against the identity provider.", action: .createAccessReview),
    ]
}
