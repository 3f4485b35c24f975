public import Auth
public import Base
import Store

/// A person or service account, with its access and its findings that are open or in progress.
public struct IdentityDetails: Described {
    let identity: Identity
    let platforms: [String]
    let findings: [FindingSummary]
    let appAccess: [AppAccess]

    struct Identity {
        let id: Identifier
        let email: String
        let displayName: String
        let status: String
        let identityType: String
        let mfaEnabled: Bool?
        let lastLoginAt: Timestamp?
        let department: String?
        let managerEmail: String?
    }

    struct AppAccess: Described {
        let appName: String
        let role: String
        let lastUsedAt: Timestamp?

        static var schema: JSONSchema {
            .object(
                .field("app_name", .string, "The application's name."),
                .field("role", .string, "The role in the application."),
                .field("last_used_at", .timestamp.orNull, "The time of the last use; null if it is not known."))
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("app_name", appName)
                json.field("role", role)
                json.field("last_used_at", lastUsedAt)
            }
        }
    }

    public static var schema: JSONSchema {
        .object(
            .field("email", .string, "The e-mail address."),
            .field("display_name", .string, "The name."),
            .field("status", .oneOf(["active", "suspended", "deprovisioned"]), "The status of the identity."),
            .field(
                "identity_type", .oneOf(["user", "admin", "external", "service_account"]), "The kind of identity."),
            .field(
                "mfa_enabled", .boolean.orNull, "True if a second factor is set up; null if no platform reports it."
            ),
            .field("last_login_at", .timestamp.orNull, "The time of the last sign-in; null if it is not known."),
            .field("department", .string.orNull, "The department."),
            .field("manager_email", .string.orNull, "The e-mail address of the manager."),
            .field("platforms", .array(of: .string), "The platforms on which the identity has an account."),
            .field(
                "findings", .array(of: .object(FindingSummary.uncounted)),
                "The findings about the identity that are open or in progress, worst first."),
            .field("app_access", .array(of: AppAccess.schema), "The applications that the identity may use."))
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("email", identity.email)
            json.field("display_name", identity.displayName)
            json.field("status", identity.status)
            json.field("identity_type", identity.identityType)
            json.field("mfa_enabled", identity.mfaEnabled)
            json.field("last_login_at", identity.lastLoginAt)
            json.field("department", identity.department)
            json.field("manager_email", identity.managerEmail)
            json.field("platforms", platforms)
            json.field("findings", findings)
            json.field("app_access", appAccess)
        }
    }
}

extension Workspace {
    /// Returns the identity with an e-mail address, in upper or lower case; nil if the workspace has none.
    public func identityDetails(email: String) throws -> IdentityDetails? {
        try read {
            let identity = try first(
                """
                SELECT id, email, display_name, status, identity_type, mfa_enabled, last_login_at, department,
                    manager_email
                FROM identities WHERE workspace_id = $1 AND email = $2
                """, EmailAddress.canonical(email)
            ) { row in
                IdentityDetails.Identity(
                    id: try row[0], email: try row[1], displayName: try row[2], status: try row[3],
                    identityType: try row[4], mfaEnabled: try row[5], lastLoginAt: try row[6],
                    department: try row[7], managerEmail: try row[8])
            }
            guard let identity else { return nil }
            return IdentityDetails(
                identity: identity, platforms: try platforms(of: identity.id),
                findings: try openFindings(of: identity.id), appAccess: try appAccess(of: identity.id))
        }
    }

    private func platforms(of identityID: Identifier) throws -> [String] {
        try rows(
            """
            SELECT DISTINCT integrations.platform
            FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
            WHERE accounts.workspace_id = $1 AND accounts.identity_id = $2 ORDER BY integrations.platform
            """, identityID
        ) { try $0[0] }
    }

    private func openFindings(of identityID: Identifier) throws -> [FindingSummary] {
        try rows(
            """
            SELECT title, severity, category FROM findings
            WHERE workspace_id = $1 AND affected_identity_id = $2 AND status IN ('open', 'in_progress')
            ORDER BY severity_rank, created_at, id
            """, identityID
        ) { row in
            FindingSummary(title: try row[0], severity: try row[1], category: try row[2], affectedCount: nil)
        }
    }

    private func appAccess(of identityID: Identifier) throws -> [IdentityDetails.AppAccess] {
        try rows(
            """
            SELECT applications.name, entitlements.role, entitlements.last_used_at
            FROM entitlements JOIN applications ON applications.id = entitlements.application_id
            WHERE entitlements.workspace_id = $1 AND entitlements.identity_id = $2
            ORDER BY applications.name_folded, entitlements.role
            """, identityID
        ) { row in
            IdentityDetails.AppAccess(appName: try row[0], role: try row[1], lastUsedAt: try row[2])
        }
    }
}
