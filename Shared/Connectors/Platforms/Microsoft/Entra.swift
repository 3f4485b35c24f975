import Base
import Findings
import Upstream

/// Microsoft Entra ID: learn.microsoft.com/graph/api/resources/azure-ad-overview.
struct Entra: Connector {
    static let platform = Platform.microsoftEntra
    static var fields: [CredentialField] { Graph.fields }
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .forcePasswordChange, .revokeSessions, .revokeOAuthToken, .revokeAllTokens,
        .blockApp, .revokeLicense, .createAccessReview,
    ]

    let api: PlatformAPI
    private let eventsSince: Timestamp
    private let directory: EntraDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        api = try Graph.api(Self.platform, credentials, scope)
        eventsSince = scope.eventsSince
        directory = EntraDirectory(api, tenant: credentials["tenant_id"]?.lowercased() ?? "")
    }

    func check() throws { _ = try api.get("/organization", query: [("$select", "id,displayName")]).list("value") }

    var collections: [RecordCollection] {
        [
            users,
            Graph.pages(
                "deleted users", api, "/directory/deletedItems/microsoft.graph.user",
                [
                    ("$select", "id,displayName,mail,userPrincipalName,userType,createdDateTime,deletedDateTime"),
                    ("$top", "100"),
                ]
            ) { $0.compactMap(EntraRecords.deletedAccount) },
            Graph.pages("applications", api, "/servicePrincipals", EntraDirectory.applicationQuery) {
                try directory.applications($0)
            },
            .each("assignments", of: directory.applicationIDs) { application, cursor in
                let (assignments, next) = try Graph.page(
                    api, "/servicePrincipals/\(application)/appRoleAssignedTo", [("$top", "100")], cursor)
                return RecordPage(try directory.entitlements(assignments, of: application), next: next)
            },
            Graph.pages(
                "grants", api, "/oauth2PermissionGrants",
                [("$filter", "consentType eq 'Principal'"), ("$top", "100")]
            ) { try directory.grants($0) },
            log("sign-ins", "/auditLogs/signIns", "createdDateTime", EntraEvents.signIn),
            log("directory log", "/auditLogs/directoryAudits", "activityDateTime", EntraEvents.audit),
        ]
    }

    /// When people signed in is for tenants with a licence for it; the others' users come without.
    private var users: RecordCollection {
        let properties =
            "id,displayName,mail,userPrincipalName,accountEnabled,department,jobTitle,userType,createdDateTime"
        func query(_ properties: String) -> [(name: String, value: String)] {
            [
                ("$select", properties), ("$expand", "manager($select=id,mail,userPrincipalName)"),
                // More are refused together with signInActivity.
                ("$top", "120"),
            ]
        }
        return RecordCollection("users") { cursor in
            let (users, next) =
                try Self.unlessUnlicensed {
                    try Graph.page(api, "/users", query(properties + ",signInActivity"), cursor)
                } ?? Graph.page(api, "/users", query(properties), cursor)
            return RecordPage(try directory.accounts(users), next: next)
        }
    }

    private func log(
        _ name: String, _ path: UpstreamPath, _ time: String, _ records: @escaping (JSON) -> [SyncRecord]
    ) -> RecordCollection {
        let query = [("$filter", "\(time) ge \(eventsSince)"), ("$top", "1000")]
        return RecordCollection(name) { cursor in
            guard let (events, next) = try Self.unlessUnlicensed({ try Graph.page(api, path, query, cursor) }) else {
                return .leavingOut(name, keeping: nil)
            }
            return RecordPage(events.flatMap(records), next: next)
        }
    }

    /// What Microsoft answers; nil when it keeps that from tenants without a licence.
    static func unlessUnlicensed<Value>(_ ask: () throws -> Value) throws -> Value? {
        do {
            return try ask()
        } catch let error as ConnectorError where error == Graph.premiumNeeded {
            return nil
        }
    }
}
