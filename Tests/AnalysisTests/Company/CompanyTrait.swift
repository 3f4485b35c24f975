/// An ordinary property of a real company that has misled detection rules. Each trait names the document that describes
/// it, so that a reader can check that real platforms answer as the fakes do.
enum CompanyTrait: String, CaseIterable {
    case starterBeforeDayOne, starterOnDayOne, onLeave, leaverDisabled, leaverWithAccess
    case superAdmin, helpDesk, readOnlyAdmin, emergencyAccount, syncAccount, sharedMailbox
    case contractor, slackGuest, slackPartner
    case workloadWithKeys, keysInRotation, organizationRole, deploymentRole
    case federatedGoogle, signInOnlyGrants, hiddenAddresses, singleSignOnElsewhere, unlicensedUsers
    case chromebook, newDevice, deviceInDrawer, serverWithAgent
    case otherWorkAddress, preferredName, hiredAgain, leavesSoon, withoutWorkAddress, otherDepartmentNames
    case vpnExit, oldPasswordOnPhone, blockedByPolicy, newPhone, otherTimeZone, bookmark

    /// The document that describes the property.
    var source: String {
        switch self {
        case .starterBeforeDayOne, .starterOnDayOne, .onLeave:
            "https://developer.okta.com/docs/api/openapi/okta-management/management/tag/UserLifecycle"
        case .leaverDisabled, .leaverWithAccess:
            "https://learn.microsoft.com/en-us/microsoft-365/admin/add-users/remove-former-employee-step-1"
        case .superAdmin, .helpDesk, .readOnlyAdmin:
            "https://help.okta.com/en-us/content/topics/security/administrators-admin-comparison.htm"
        case .emergencyAccount:
            "https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/security-emergency-access"
        case .syncAccount:
            "https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/reference-connect-accounts-permissions"
        case .sharedMailbox:
            "https://learn.microsoft.com/en-us/microsoft-365/lighthouse/m365-lighthouse-block-signin-shared-mailboxes"
        case .contractor, .slackGuest:
            "https://get.slack.help/hc/en-us/articles/202518103-Multi-Channel-and-Single-Channel-Guests"
        case .slackPartner: "https://api.slack.com/shared-channels"
        case .workloadWithKeys:
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/getting-started-workloads.html"
        case .keysInRotation:
            """
            https://docs.datadoghq.com/security/default_rules/\
            aws-iam-user-access-keys-should-be-rotated-every-90-days-or-less/
            """
        case .organizationRole:
            "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"
        case .deploymentRole:
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html"
        case .federatedGoogle, .singleSignOnElsewhere: "https://support.google.com/a/answer/9464354"
        case .signInOnlyGrants: "https://developers.google.com/accounts/docs/OAuth2Login"
        case .hiddenAddresses:
            "https://github.blog/changelog/2019-03-25-view-organization-members-email-addresses/"
        case .unlicensedUsers: "https://marketplace.zoom.us/docs/sdk/preface/account-user"
        case .chromebook: "https://support.google.com/chrome/a/answer/1290515"
        case .newDevice, .deviceInDrawer, .serverWithAgent:
            "https://developer.jamf.com/jamf-pro/reference/jamf-pro-api"
        case .otherWorkAddress, .preferredName, .withoutWorkAddress, .otherDepartmentNames:
            "https://documentation.bamboohr.com/docs/list-of-field-names"
        case .hiredAgain: "https://bamboohr.screenstepslive.com/m/53907/l/587297-active-vs-inactive-status"
        case .leavesSoon: "https://bamboohr.screenstepslive.com/m/53914/l/587308-end-employment"
        case .vpnExit, .otherTimeZone: "https://cside.com/blog/what-is-impossible-travel-detection"
        case .oldPasswordOnPhone: "https://helpdesk.cune.edu/kb/why-is-my-account-locked-out/"
        case .blockedByPolicy: "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"
        case .newPhone: "https://help.okta.com/en/prod/Content/Topics/Security/The_Help_Desk_Admin_Role.htm"
        case .bookmark: "https://www.pulumi.com/registry/packages/okta/api-docs/app/bookmark"
        }
    }
}
