/// A document that explains the problem which a rule finds, or how to solve it.
public enum Reference: String, CaseIterable, Sendable {
    /// CISA, More than a Password.
    case cisaMFA = "https://www.cisa.gov/MFA"
    /// CISA, Implementing Phishing-Resistant MFA.
    case cisaPhishingResistance =
        "https://www.cisa.gov/sites/default/files/publications/fact-sheet-implementing-phishing-resistant-mfa-508c.pdf"
    /// CISA, Scattered Spider.
    case scatteredSpider = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa23-320a"
    /// CISA, Brute Force Attacks Conducted by Cyber Actors.
    case cisaBruteForce =
        "https://www.cisa.gov/news-events/alerts/2018/03/27/brute-force-attacks-conducted-cyber-actors"
    /// NIST SP 800-53, Security and Privacy Controls.
    case nistControls = "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final"
    /// NIST SP 800-40, Enterprise Patch Management Planning.
    case nistPatching = "https://csrc.nist.gov/pubs/sp/800/40/r4/final"
    /// NIST SP 800-124, Managing the Security of Mobile Devices.
    case nistMobileDevices = "https://csrc.nist.gov/pubs/sp/800/124/r2/final"
    /// NCSC, 10 Steps: Identity and access management.
    case ncscIdentity = "https://www.ncsc.gov.uk/collection/10-steps/identity-and-access-management"
    /// NCSC, 10 Steps: Asset management.
    case ncscAssets = "https://www.ncsc.gov.uk/collection/10-steps/asset-management"
    /// NCSC, 10 Steps: Logging and monitoring.
    case ncscLogging = "https://www.ncsc.gov.uk/collection/10-steps/logging-and-monitoring"
    /// NCSC, Shadow IT.
    case ncscShadowIT = "https://www.ncsc.gov.uk/guidance/shadow-it"
    /// NCSC, Device security guidance.
    case ncscDevices = "https://www.ncsc.gov.uk/collection/device-security-guidance"
    /// Microsoft, How it works: Microsoft Entra multifactor authentication.
    case entraMFA = "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-mfa-howitworks"
    /// Microsoft, Manage inactive user accounts.
    case entraInactiveAccounts =
        "https://learn.microsoft.com/en-us/entra/identity/monitoring-health/howto-manage-inactive-user-accounts"
    /// Microsoft, Best practices for Microsoft Entra roles.
    case entraRoles = "https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/best-practices"
    /// Microsoft, Manage emergency access accounts.
    case entraEmergencyAccess =
        "https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/security-emergency-access"
    /// Microsoft, What are risk detections?.
    case entraRisks = "https://learn.microsoft.com/en-us/entra/id-protection/concept-identity-protection-risks"
    /// Microsoft, App consent grant investigation.
    case microsoftConsent =
        "https://learn.microsoft.com/en-us/security/operations/incident-response-playbook-app-consent"
    /// Microsoft, Password spray investigation.
    case microsoftPasswordSpray =
        "https://learn.microsoft.com/en-us/security/operations/incident-response-playbook-password-spray"
    /// Microsoft, Remove a former employee.
    case microsoftFormerEmployee =
        "https://learn.microsoft.com/en-us/microsoft-365/admin/add-users/remove-former-employee"
    /// Microsoft, Block sign-in for shared mailbox accounts.
    case microsoftSharedMailboxes =
        "https://learn.microsoft.com/en-us/microsoft-365/lighthouse/m365-lighthouse-block-signin-shared-mailboxes"
    /// Microsoft, Product lifecycle.
    case microsoftLifecycle = "https://learn.microsoft.com/en-us/lifecycle/products/"
    /// Microsoft, Device compliance policies.
    case intuneCompliance = "https://learn.microsoft.com/en-us/mem/intune/protect/device-compliance-get-started"
    /// Apple, Security releases.
    case appleUpdates = "https://support.apple.com/en-us/100100"
    /// Google, Security best practices for administrator accounts.
    case googleAdmins = "https://support.google.com/a/answer/9011373"
    /// Google, Control which apps access Google Workspace data.
    case googleAppAccess = "https://support.google.com/a/answer/7281227"
    /// Google, OAuth 2.0 scopes.
    case googleScopes = "https://developers.google.com/identity/protocols/oauth2/scopes"
    /// AWS, Security best practices in IAM.
    case awsBestPractices = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    /// AWS, Find unused credentials.
    case awsUnusedCredentials = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html"
    /// AWS, Manage access keys for IAM users.
    case awsAccessKeys = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"
    /// AWS, Root user best practices.
    case awsRootUser = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"
    /// AWS, Multi-factor authentication in IAM.
    case awsMFA = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"
    /// AWS, The confused deputy problem.
    case awsConfusedDeputy = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    /// AWS, Security best practices in CloudTrail.
    case awsCloudTrail = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"
    /// Okta, Event types.
    case oktaEvents = "https://developer.okta.com/docs/reference/api/event-types/"
    /// GitHub, Managing outside collaborators.
    case githubCollaborators =
        "https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-outside-collaborators"
    /// GitHub, About secret scanning.
    case githubSecretScanning =
        "https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning"
    /// GitHub, About push protection.
    case githubPushProtection =
        "https://docs.github.com/en/code-security/secret-scanning/introduction/about-push-protection"
    /// GitHub, Managing your personal access tokens.
    case githubTokens =
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens"
    /// GitHub, SAML single sign-on for your organization.
    case githubSAML = "https://docs.github.com/en/organizations/managing-saml-single-sign-on-for-your-organization"
    /// GitLab, Roles and permissions.
    case gitlabPermissions = "https://docs.gitlab.com/user/permissions/"
    /// GitLab, Personal access tokens.
    case gitlabTokens = "https://docs.gitlab.com/user/profile/personal_access_tokens/"
    /// GitLab, Enforce two-factor authentication.
    case gitlabMFA = "https://docs.gitlab.com/security/two_factor_authentication/"
    /// Salesforce, View All and Modify All permissions.
    case salesforceAllData =
        "https://help.salesforce.com/s/articleView?id=platform.users_profiles_view_all_mod_all.htm&type=5"
    /// OWASP, Non-Human Identities Top 10.
    case owaspNonHumanIdentities = "https://owasp.org/www-project-non-human-identities-top-10/"
    /// OWASP, Top 10 for Large Language Model Applications.
    case owaspLanguageModels = "https://owasp.org/www-project-top-10-for-large-language-model-applications/"
    /// OWASP, Credential Stuffing Prevention.
    case owaspCredentialStuffing =
        "https://cheatsheetseries.owasp.org/cheatsheets/Credential_Stuffing_Prevention_Cheat_Sheet.html"
    /// FinOps Foundation, Licensing and SaaS.
    case finopsLicenses = "https://www.finops.org/framework/capabilities/licensing-saas/"

    /// The address of the document.
    public var url: String { rawValue }
}
