import Findings

extension Rule {
    /// Access that is in order but too wide.
    static let accessRisk: [Rule] = [
        // A standard user in the identity provider; applications and platforms count alike.
        Rule(
            .accessRisk, "shadow_admin", .high, on: .identity, "Shadow admin",
            recommend: "Review the admin access and remove what is not needed.", action: .createAccessReview),
        // Twelve or more.
        Rule(
            .accessRisk, "admin_of_many_apps", .medium, on: .identity, "Admin of many apps",
            recommend: "Share the admin work, so that one account does not open everything.",
            action: .createAccessReview),
        // More than ten.
        Rule(
            .accessRisk, "app_with_too_many_admins", .medium, on: .application, "App with too many admins",
            recommend: "Review the app's admins.", action: .createAccessReview),
        // Ten or more.
        Rule(
            .accessRisk, "external_with_many_apps", .medium, on: .identity, "External user with many apps",
            recommend: "Review what the external user needs.", action: .createAccessReview),
        Rule(
            .accessRisk, "aws_role_trusts_anyone", .critical, on: .integration, "AWS role trusts anyone",
            recommend: "Name the principals that may assume the role.", action: .createTicket),
        Rule(
            .accessRisk, "aws_cross_account_trust", .high, on: .integration,
            "Cross-account trust without condition",
            recommend: "Require an external ID in the role's trust policy.", action: .createTicket),
        Rule(
            .accessRisk, "github_outside_collaborator_with_write", .high, on: .identity,
            "Outside collaborator with write access",
            recommend: "Lower the collaborator's access to read, or end it.", action: .removeFromGroup),
        // More than ten.
        Rule(
            .accessRisk, "github_many_outside_collaborators", .medium, on: .integration,
            "Many outside collaborators",
            recommend: "Review the outside collaborators.", action: .createAccessReview),
        Rule(
            .accessRisk, "github_open_secret_alert", .critical, on: .integration, "Open secret alert",
            recommend: "Revoke the leaked secret and close the alert.", action: .rotateCredentials),
        Rule(
            .accessRisk, "github_push_protection_bypassed", .high, on: .identity, "Push protection bypassed",
            recommend: "Check what was pushed and rotate the secrets in it.", action: .rotateCredentials),
        Rule(
            .accessRisk, "github_write_deploy_key", .medium, on: .integration,
            "GitHub deploy key with write access",
            recommend: "Make the deploy key read-only.", action: .rotateCredentials),
        Rule(
            .accessRisk, "gitlab_external_elevated", .high, on: .identity,
            "External with elevated GitLab role",
            recommend: "Lower the external user's role in GitLab.", action: .removeAdminRole),
        Rule(
            .accessRisk, "gitlab_write_deploy_key", .medium, on: .integration,
            "GitLab deploy key with write access",
            recommend: "Make the deploy key read-only.", action: .rotateCredentials),
        Rule(
            .accessRisk, "salesforce_modify_all_data", .high, on: .identity, "Salesforce ModifyAllData",
            recommend: "Remove the permission to modify all data.", action: .removeAdminRole),
        Rule(
            .accessRisk, "salesforce_view_all_data", .high, on: .identity, "Salesforce ViewAllData",
            recommend: "Remove the permission to view all data.", action: .removeAdminRole),
        Rule(
            .accessRisk, "salesforce_bulk_export", .high, on: .identity, "Salesforce bulk export",
            recommend: "Find out what was exported and why.", action: .notifyUser),
    ]
}
