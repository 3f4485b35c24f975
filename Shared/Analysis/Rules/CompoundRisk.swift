import Findings

extension Rule {
    /// Facts of several platforms that are worse together than each alone.
    static let compoundRisk: [Rule] = [
        // Stale in the identity provider, admin in an application.
        Rule(
            .compoundRisk, "stale_with_app_admin", .high, on: .identity, "Stale user with app admin access",
            recommend: "Remove the admin access until the person is back.", action: .removeAdminRole),
        // A standard user in the identity provider.
        Rule(
            .compoundRisk, "no_mfa_with_app_admin", .critical, on: .identity, "App admin without MFA",
            recommend: "Have the user enroll a second factor before they administer the app again.",
            action: .forceMFAEnroll),
        Rule(
            .compoundRisk, "no_mfa_on_noncompliant_device", .high, on: .identity,
            "No MFA on a device out of compliance",
            recommend: "Have the user enroll a second factor and bring the device into compliance.",
            action: .forceMFAEnroll),
        Rule(
            .compoundRisk, "brute_forced_without_mfa", .critical, on: .identity,
            "Brute-forced account without MFA",
            recommend: "Change the password, end all sessions and enroll a second factor.",
            action: .forcePasswordChange),
        Rule(
            .compoundRisk, "shadow_admin_without_mfa", .critical, on: .identity, "Shadow admin without MFA",
            recommend: "Remove the admin access and have the user enroll a second factor.",
            action: .removeAdminRole),
        Rule(
            .compoundRisk, "offboarded_with_access_key", .critical, on: .identity,
            "Offboarded user with active access key",
            recommend: "Deactivate the access key and look at what it was used for.",
            action: .rotateCredentials),
        // The key was used within the last 30 days.
        Rule(
            .compoundRisk, "stale_with_key_in_use", .high, on: .identity,
            "Stale user whose access key is in use",
            recommend: "Find out who uses the key and rotate it.", action: .rotateCredentials),
        Rule(
            .compoundRisk, "detection_on_admin_device", .critical, on: .device,
            "EDR detection on an admin's device",
            recommend: "Contain the host and end the admin's sessions.", action: .containHost),
        // A standard user in the identity provider.
        Rule(
            .compoundRisk, "unencrypted_with_app_admin", .high, on: .device,
            "App admin's device not encrypted",
            recommend: "Turn disk encryption on before the person administers the app again.",
            action: .notifyUser),
        Rule(
            .compoundRisk, "jailbroken_with_admin", .critical, on: .device, "Admin on a jailbroken device",
            recommend: "End the admin's sessions and take the device out of use.", action: .revokeSessions),
        Rule(
            .compoundRisk, "admin_without_edr", .critical, on: .device, "Admin's device without EDR agent",
            recommend: "Install the EDR agent on the admin's device.", action: .createTicket),
        Rule(
            .compoundRisk, "external_admin_without_mfa", .critical, on: .identity,
            "External admin without MFA",
            recommend: "Suspend the external user until a second factor is enrolled.", action: .suspendUser),
        // An active account on a platform that holds code, whatever became of the one in the identity provider.
        Rule(
            .compoundRisk, "terminated_with_repository_write", .critical, on: .identity,
            "Terminated in HR with write access to code",
            recommend: "Remove the person from the organization that holds the code.", action: .offboardUser),
        Rule(
            .compoundRisk, "admin_with_ai_mail_access", .high, on: .identity,
            "AI tool reads an admin's mail or files",
            recommend: "Revoke the AI tool's grant to the admin's account.", action: .revokeOAuthToken),
    ]
}
