import Base

/// Entra's objects as records.
enum EntraRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let name = user.text("userPrincipalName") else { return nil }
        let isGuest = user.text("userType") == "Guest"
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayName") ?? name,
            status: user["accountEnabled"]?.bool == false ? .suspended : .active)
        account.kind = isGuest ? .external : .user
        account.username = name
        // Administrators set both; a guest's principal name is made up from the address of the invitation.
        let principal = isGuest ? nil : user.email("userPrincipalName")
        account.email = user.email("mail") ?? principal
        if let principal, principal != account.email { account.linkedEmails = [principal] }
        let signIns = user["signInActivity"]
        account.lastLoginAt =
            Graph.moment(signIns, "lastSuccessfulSignInDateTime") ?? Graph.moment(signIns, "lastSignInDateTime")
        account.department = user.text("department")
        account.title = user.text("jobTitle")
        account.managerEmail = user["manager"]?.email("mail") ?? user["manager"]?.email("userPrincipalName")
        account.managerExternalID = user["manager"]?.text("id")
        account.createdAt = user.date("createdDateTime")
        return account
    }

    /// One of a user who was deleted in the last 30 days; Entra forgets older ones.
    static func deletedAccount(_ user: JSON) -> SyncRecord? {
        guard var members = user.object, let id = user.text("id") else { return nil }
        // Deletion puts the id without its dashes before the name.
        let prefix = id.replacing("-", with: "")
        if let name = user.text("userPrincipalName"), name.hasPrefix(prefix) {
            members["userPrincipalName"] = .string(String(name.dropFirst(prefix.count)))
        }
        guard var account = account(.object(members)) else { return nil }
        account.status = .deprovisioned
        account.deprovisionedAt = user.date("deletedDateTime")
        return .account(account)
    }

    /// Whether a service principal is an application that the company uses: not a managed identity, none of the hundreds
    /// of Microsoft's own, and not blocked.
    static func isApplication(_ principal: JSON) -> Bool {
        let microsoft = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"]
        return principal.text("servicePrincipalType") == "Application"
            && principal["accountEnabled"]?.bool != false
            && principal.text("appOwnerOrganizationId").map { microsoft.contains($0.lowercased()) } != true
    }

    /// An application is managed when it is the company's own, or an administrator has set up single sign-on, demanded
    /// assignments, or consented for everybody.
    static func application(_ principal: JSON, tenant: String, consented: Set<String>) -> SyncRecord? {
        guard let id = principal.text("id") else { return nil }
        let mode = principal.text("preferredSingleSignOnMode")
        var application = ApplicationRecord(
            externalID: id, name: principal.text("displayName") ?? principal.text("appId") ?? id,
            isManaged: mode != nil || principal["appRoleAssignmentRequired"]?.bool == true || consented.contains(id)
                || principal.text("appOwnerOrganizationId")?.lowercased() == tenant)
        application.publisher = principal["verifiedPublisher"]?.text("displayName")
        switch mode {
        case "saml", "oidc": application.ssoEnabled = true
        case "password": application.ssoEnabled = false
        default: break
        }
        return .application(application)
    }

    static func grant(_ grant: JSON) -> OAuthGrantRecord? {
        guard let id = grant.text("id"), let client = grant.text("clientId"), let user = grant.text("principalId")
        else {
            return nil
        }
        return OAuthGrantRecord(
            externalID: id, accountExternalID: user, applicationExternalID: client,
            scopes: (grant.text("scope") ?? "").split(separator: " ").map(String.init))
    }
}
