import Integrations

/// The permissions that must be granted to a platform's credentials, for reading and for actions.
struct PlatformPermissions {
    /// The scopes, permissions or policies, in the provider's words. Empty if the provider has none to choose.
    let scopes: [String]
    /// Sentences on the kind of the credentials, and on the data that are left out without some of the scopes.
    let notes: String

    init(_ scopes: [String], _ notes: String) {
        self.scopes = scopes
        self.notes = notes
    }
}

extension Platform {
    /// The permissions that must be granted to the credentials.
    var permissions: PlatformPermissions {
        switch self {
        case .okta:
            PlatformPermissions(
                Okta.scopes.split(separator: " ").map(String.init) + ["okta.governance.accessCertifications.manage"],
                """
                The scopes of an API services app with a private key; or an API token of an administrator. Devices, \
                factors, administrator roles, refresh tokens and the log are left out if the token may not see them: \
                known devices, administrators and OAuth grants then stay, and second factors are unknown. The last \
                scope is for access reviews, which need Okta Identity Governance; an API token must then be that of \
                an access certifications administrator.
                """)
        case .googleWorkspace:
            PlatformPermissions(
                [
                    "https://www.googleapis.com/auth/admin.directory.customer.readonly",
                    "https://www.googleapis.com/auth/admin.directory.user",
                    "https://www.googleapis.com/auth/admin.directory.user.security",
                    "https://www.googleapis.com/auth/admin.directory.rolemanagement.readonly",
                    "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
                    "https://www.googleapis.com/auth/admin.directory.device.mobile",
                    "https://www.googleapis.com/auth/admin.directory.device.mobile.action",
                    "https://www.googleapis.com/auth/admin.directory.device.chromeos",
                    "https://www.googleapis.com/auth/admin.reports.audit.readonly",
                    "https://www.googleapis.com/auth/cloud-identity.devices",
                ],
                """
                The scopes are given to the service account's client ID by domain-wide delegation, and admin_email \
                belongs to a super administrator. Administrator roles, deleted users, grants, devices and the logs are \
                left out if Google refuses them.
                """)
        case .microsoftEntra:
            PlatformPermissions(
                [
                    "Organization.Read.All", "User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All",
                    "User.RevokeSessions.All", "GroupMember.Read.All", "Application.ReadWrite.All",
                    "DelegatedPermissionGrant.ReadWrite.All", "RoleManagement.Read.Directory", "AuditLog.Read.All",
                    "AccessReview.ReadWrite.All", "LicenseAssignment.ReadWrite.All",
                ],
                """
                Application permissions of Microsoft Graph with admin consent. Sign-ins (including the latest one) and \
                second factors need Entra ID P1; without it they are left out. Deleted users, administrator roles, \
                members of groups and grants are left out if a permission is missing.
                """)
        case .microsoftIntune:
            PlatformPermissions(
                [
                    "DeviceManagementManagedDevices.Read.All",
                    "DeviceManagementManagedDevices.PrivilegedOperations.All",
                ],
                "Application permissions of Microsoft Graph with admin consent.")
        case .github:
            PlatformPermissions(
                [
                    "admin:org", "read:audit_log", "repo",
                ],
                """
                A classic token of an organization owner. The log and authorized credentials need Enterprise Cloud, \
                and the latter also SAML single sign-on; otherwise they are left out.
                """)
        case .gitlab:
            PlatformPermissions(
                [
                    "api"
                ],
                """
                On gitlab.com the token of an owner of the top-level group; second factors and addresses are then \
                visible for enterprise users only. On a server of your own an administrator's token.
                """)
        case .aws:
            PlatformPermissions(
                [
                    "IAMReadOnlyAccess", "iam:GenerateCredentialReport", "cloudtrail:LookupEvents",
                    "iam:DeleteLoginProfile", "iam:UpdateLoginProfile", "iam:UpdateAccessKey", "iam:PutUserPolicy",
                    "iam:AttachUserPolicy", "iam:PutRolePolicy", "sts:AssumeRole",
                ],
                """
                IAMReadOnlyAccess is a managed policy. Only actions need the permissions from iam:DeleteLoginProfile \
                to iam:PutRolePolicy; iam:AttachUserPolicy is for users that can't have another inline policy. \
                sts:AssumeRole is needed if role_arn is given.
                """)
        case .slack:
            PlatformPermissions(
                [
                    "users:read", "users:read.email", "chat:write", "channels:read", "groups:read", "admin",
                    "admin.apps:read", "admin.apps:write", "admin.users:write", "auditlogs:read",
                ],
                """
                channels:read is needed for tickets, and groups:read if they go to a private channel. SCIM and the \
                integration log need admin, with an owner's token. The last four exist only on Enterprise; without \
                them their lists are left out.
                """)
        case .crowdStrike:
            PlatformPermissions(
                [
                    "Hosts: read", "Hosts: write", "Alerts: read", "User management: read", "User management: write",
                ],
                "The scopes of an API client.")
        case .jira:
            PlatformPermissions(
                [],
                """
                The API token of a site administrator who may create issues in the project. Administrator roles and \
                the log are left out if it may not see them.
                """)
        case .jamfPro:
            PlatformPermissions(
                [
                    "Read Computers", "Read Mobile Devices", "View MDM command information",
                    "Send Computer Remote Lock Command", "Send Computer Remote Wipe Command",
                    "Send Mobile Device Remote Lock Command", "Send Mobile Device Remote Wipe Command",
                ],
                "The privileges of an API role. Only actions need the last five.")
        case .jumpCloud:
            PlatformPermissions(
                [],
                "The API key of an administrator with the Administrator role.")
        case .oneLogin:
            PlatformPermissions(
                [
                    "Manage All"
                ],
                "The scope of an API credential. Administrators are visible only with delegated administration.")
        case .bambooHR:
            PlatformPermissions(
                [],
                """
                The API key of a user whose access level shows all employees, with these fields: status, hire date, \
                termination date, work e-mail, job title, department, employment status and reports to. Last days \
                come from the data set employee, which needs access to reports, and are left out without it. The \
                stored values of fields that the user may not see stay.
                """)
        case .outbound:
            PlatformPermissions(
                [], "The server accepts POST requests at the address and answers them with a status of 2xx.")
        case .zoom:
            PlatformPermissions(
                [
                    "user:read:list_users:admin", "user:read:user:admin", "user:update:status:admin",
                    "user:delete:token:admin", "user:update:password:admin", "user:update:user:admin",
                ],
                """
                The scopes of a server-to-server OAuth app. Without the second one, ways of signing in, titles and \
                managers are left out.
                """)
        }
    }
}
