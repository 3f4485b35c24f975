import Findings

extension Rule {
    /// Applications that people let in by themselves. One is unsanctioned while it is unmanaged and no policy sanctions
    /// it; sanctioned ones are in none of these findings, except of people who have left.
    static let shadowIT: [Rule] = [
        // 20 people or more.
        Rule(
            .shadowIT, "unsanctioned_app_used_by_many", .high, on: .application,
            "Unsanctioned app used by many",
            recommend: "Review the app and sanction or block it.", action: .flagApp),
        // First seen within the last 7 days.
        Rule(
            .shadowIT, "new_unsanctioned_app", .low, on: .application, "New unsanctioned app",
            recommend: "Review the app before more people use it.", action: .flagApp),
        // A grant of full access.
        Rule(
            .shadowIT, "broad_write_scope", .high, on: .application, "App with broad write scope",
            recommend: "Revoke the grants that can write everything.", action: .revokeOAuthToken),
        Rule(
            .shadowIT, "unknown_publisher", .medium, on: .application, "App of an unknown publisher",
            recommend: "Block the app unless its publisher can be verified.", action: .blockApp),
        // No grant of the app was used for 90 days.
        Rule(
            .shadowIT, "dormant_app_with_grants", .low, on: .application, "Unused app that keeps its grants",
            recommend: "Revoke the app's grants.", action: .revokeOAuthToken),
        Rule(
            .shadowIT, "unauthorized_app_in_use", .medium, on: .application, "Unauthorized app still in use",
            recommend: "Tell its users that the app is not authorized and revoke its grants.",
            action: .notifyUser),
        Rule(
            .shadowIT, "blocked_app_in_use", .high, on: .application, "Blocked app still in use",
            recommend: "Revoke the app's remaining grants.", action: .revokeOAuthToken),
        // A managed application with 25 users or more.
        Rule(
            .shadowIT, "managed_app_without_sso", .medium, on: .application, "Managed app without SSO",
            recommend: "Put the app behind single sign-on.", action: .createTicket),
        // 1 or 2 grants to unsanctioned apps medium, 3 to 5 high, 6 and more critical.
        Rule(
            .shadowIT, "admin_with_unsanctioned_grants", .critical, on: .identity,
            "Admin with grants to unsanctioned apps",
            recommend: "Revoke the grants, or use an account without admin rights for these apps.",
            action: .revokeAllTokens),
        Rule(
            .shadowIT, "executive_with_broad_grant", .high, on: .identity, "Executive with a broad grant",
            recommend: "Revoke the grant and offer the executive a sanctioned app.", action: .revokeOAuthToken
        ),
        // High; critical from five users.
        Rule(
            .shadowIT, "ai_tool_reads_mail_or_files", .critical, on: .application,
            "AI tool with mail or drive access",
            recommend: "Revoke the AI tool's access to mail and files.", action: .revokeOAuthToken),
        // Ten people or more.
        Rule(
            .shadowIT, "ai_tool_widely_used", .medium, on: .application, "AI tool used by many",
            recommend: "Decide on the AI tool and offer a sanctioned one.", action: .flagApp),
        Rule(
            .shadowIT, "terminated_with_ai_tool", .high, on: .identity,
            "Terminated employee with AI tool access",
            recommend: "Revoke the AI tool's grants.", action: .revokeAllTokens),
        // Other than to AI tools.
        Rule(
            .shadowIT, "offboarded_with_grants", .high, on: .identity, "Offboarded user with OAuth grants",
            recommend: "Revoke the grants that outlived the account.", action: .revokeAllTokens),
    ]
}
