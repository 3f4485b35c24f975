import Base
import Integrations
import Upstream

/// A connector for Microsoft Entra ID (learn.microsoft.com/graph/api/resources/azure-ad-overview).
struct Entra: Connector {
    static let platform = Platform.microsoftEntra
    static var fields: [CredentialField] { Graph.fields }
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .forcePasswordChange, .revokeSessions, .revokeOAuthToken, .revokeAllTokens,
        .blockApp, .revokeLicense, .createAccessReview,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .revokeOAuthToken: [.grantedApplication("client_id")], .revokeLicense: [sku], .createAccessReview: [group],
    ]
    /// The parameter that names the license to revoke. Licenses are not stored, so the connector asks Graph if the user
    /// holds it.
    static let sku = ActionParameter.value("sku_id", "the skuId of a license that the target holds, a UUID") {
        Identifier($0) != nil
    }
    /// The parameter that names the group whose members are reviewed. Groups are not stored, so the connector asks
    /// Graph if the target is a member of the group or an application to which the group is assigned, or for other
    /// targets, if the group exists.
    static let group = ActionParameter.value(
        "group_id", "the object ID of a group that the target belongs to, a UUID", isRequired: true
    ) { Identifier($0) != nil }

    let api: PlatformAPI
    private let scope: ConnectorScope
    private let directory: EntraDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        api = try Graph.api(Self.platform, credentials, scope)
        self.scope = scope
        directory = EntraDirectory(api, tenant: credentials["tenant_id"]?.lowercased() ?? "")
    }

    func check() throws { _ = try api.get("/organization", query: [("$select", "id,displayName")]).list("value") }

    var collections: [RecordCollection] {
        [
            users,
            Graph.pages(
                "deleted users", of: .account, need: .optional, api, "/directory/deletedItems/microsoft.graph.user",
                [
                    ("$select", "id,displayName,mail,userPrincipalName,userType,createdDateTime,deletedDateTime"),
                    ("$top", "100"),
                ]
            ) { PageEntries($0, of: .account, read: EntraRecords.deletedAccount) },
            Graph.pages("applications", of: .application, api, "/servicePrincipals", EntraDirectory.applicationQuery) {
                try directory.applications($0)
            },
            .each(
                "assignments", of: .entitlement, parents: directory.applicationIDs,
                areAllKnown: { directory.areAllApplicationsKnown },
                keeping: { [.ofApplication(.entitlement, application: $0)] }
            ) { application, cursor in
                let (assignments, next) = try Graph.page(
                    api, "/servicePrincipals/\(application)/appRoleAssignedTo", [("$top", "100")], cursor)
                return RecordPage(try directory.entitlements(assignments, of: application), next: next)
            },
            Graph.pages(
                "grants", of: .oauthGrant, need: .optional, api, "/oauth2PermissionGrants",
                [("$filter", "consentType eq 'Principal'"), ("$top", "100")]
            ) { try directory.grants($0) },
            log("sign-ins", "/auditLogs/signIns", "createdDateTime", EntraEvents.signIn),
            log("directory log", "/auditLogs/directoryAudits", "activityDateTime", EntraEvents.audit),
        ]
    }

    /// The list of users. If the first page with last sign-ins can't be read, for example because Microsoft does not
    /// show them to the tenant or the app registration, the list is read without them.
    private var users: RecordCollection {
        let properties = """
            id,displayName,mail,userPrincipalName,accountEnabled,department,jobTitle,userType,createdDateTime,\
            assignedLicenses
            """
        func page(_ properties: String, _ cursor: JSON? = nil) throws -> WholeList.Page {
            let query = [
                ("$select", properties), ("$expand", "manager($select=id,mail,userPrincipalName)"),
                // Larger pages are refused together with signInActivity.
                ("$top", "120"),
            ]
            return try Graph.page(api, "/users", query, cursor)
        }
        // The pages after one without sign-ins are without them too; their cursors say so.
        func withoutSignIns(_ found: WholeList.Page) throws -> RecordPage {
            RecordPage(
                try directory.accounts(found.items, haveSignIns: false),
                next: found.next.map { ["without_sign_ins": $0] })
        }
        return RecordCollection("users", of: .account) { cursor in
            if let cursor = cursor?["without_sign_ins"] { return try withoutSignIns(page(properties, cursor)) }
            do {
                let found = try page(properties + ",signInActivity", cursor)
                return RecordPage(try directory.accounts(found.items, haveSignIns: true), next: found.next)
            } catch let error as ConnectorError where cursor == nil && error.isAboutOneRequest {
                var without = try withoutSignIns(page(properties))
                without.entries.leaveOut("last sign-ins", error)
                return without
            }
        }
    }

    private func log(
        _ name: String, _ path: UpstreamPath, _ time: String, _ read: @escaping (JSON) -> EntryReading
    ) -> RecordCollection {
        let query = [("$filter", "\(time) ge \(scope.eventsSince(of: name))"), ("$top", "1000")]
        return Graph.pages(name, of: .auditEvent, need: .optional, api, path, query) {
            PageEntries($0, of: .auditEvent, read: read)
        }
    }
}
