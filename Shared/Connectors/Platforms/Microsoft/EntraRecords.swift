import Base

extension JSON {
    /// A principal's name, where it is an address. The name of a guest is none: Entra makes it up from the address of
    /// the invitation, as `ann_example.org#EXT#@tenant.onmicrosoft.com`.
    func principalAddress(_ name: String = "userPrincipalName") -> String? {
        isMadeUpName(name) ? nil : email(name)
    }

    /// Returns true if a member is a name that Entra has made up for somebody from outside.
    func isMadeUpName(_ name: String = "userPrincipalName") -> Bool {
        text(name)?.uppercased().contains("#EXT#") == true
    }
}

/// Entra's objects as records.
enum EntraRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let name = user.text("userPrincipalName") else { return nil }
        // The name tells as well as the type, which an administrator may change, and which is null for old guests.
        let isExternal = user.text("userType") == "Guest" || user.isMadeUpName()
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayName") ?? name,
            status: user.suspended(if: "accountEnabled", is: false))
        account.kind = isExternal ? .external : .user
        account.username = name
        // Administrators set both.
        let principal = user.principalAddress()
        account.email = user.principalAddress("mail") ?? principal
        if let principal, principal != account.email { account.linkedEmails = [principal] }
        let signIns = user["signInActivity"]
        account.lastLoginAt =
            signIns?.date("lastSuccessfulSignInDateTime") ?? signIns?.date("lastSignInDateTime")
        account.department = user.text("department")
        account.title = user.text("jobTitle")
        account.managerEmail = user["manager"]?.principalAddress("mail") ?? user["manager"]?.principalAddress()
        account.managerExternalID = user["manager"]?.text("id")
        account.createdAt = user.date("createdDateTime")
        return account
    }

    /// What a user's registration in this tenant says of a second factor. Whoever comes from another tenant has
    /// registered there, so that nothing here says nothing.
    static func secondFactor(_ isRegistered: Bool?, of account: AccountRecord) -> Bool? {
        account.kind == .external && isRegistered == false ? nil : isRegistered
    }

    /// One of a user who was deleted in the last 30 days; Entra forgets older ones.
    static func deletedAccount(_ user: JSON) -> EntryReading {
        guard var members = user.object, let id = user.text("id") else { return .unreadable }
        // Deletion puts the id without its dashes before the name.
        let prefix = id.replacing("-", with: "")
        if let name = user.text("userPrincipalName"), name.hasPrefix(prefix) {
            members["userPrincipalName"] = .string(String(name.dropFirst(prefix.count)))
        }
        guard var account = account(.object(members)) else { return .unreadable }
        account.end(at: user.date("deletedDateTime"))
        return .read([.account(account)])
    }

    /// Whether a service principal is an application that the company uses: not a managed identity, none of the hundreds
    /// of Microsoft's own, and not blocked. Nil if it can't be read.
    static func isApplication(_ principal: JSON) -> Bool? {
        guard let type = principal.text("servicePrincipalType"), principal.text("id") != nil else { return nil }
        let microsoft = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"]
        return type == "Application"
            && principal["accountEnabled"]?.bool != false
            && principal.text("appOwnerOrganizationId").map { microsoft.contains($0.lowercased()) } != true
    }

    /// An application is managed when it is the company's own, or an administrator has set up single sign-on, demanded
    /// assignments, or consented for everybody; nil consents are not known.
    static func application(_ principal: JSON, tenant: String, consented: Set<String>?) -> EntryReading {
        guard let isApplication = isApplication(principal), let id = principal.text("id") else { return .unreadable }
        guard isApplication else { return .skipped("the company does not use the application") }
        let mode = principal.text("preferredSingleSignOnMode")
        var application = ApplicationRecord(
            externalID: id, name: principal.text("displayName") ?? principal.text("appId") ?? id,
            isManaged: mode != nil || principal["appRoleAssignmentRequired"]?.bool == true
                || consented?.contains(id) == true
                || principal.text("appOwnerOrganizationId")?.lowercased() == tenant)
        if consented == nil, !application.isManaged { application.unread.insert(.isManaged) }
        application.publisher = principal["verifiedPublisher"]?.text("displayName")
        switch mode {
        case "saml", "oidc": application.ssoEnabled = true
        case "password": application.ssoEnabled = false
        default: break
        }
        return .read([.application(application)])
    }

    static func grant(_ grant: JSON) -> OAuthGrantRecord? {
        guard let id = grant.text("id"), let client = grant.text("clientId"), let user = grant.text("principalId"),
            let scopes = grant["scope"]?.string
        else { return nil }
        return OAuthGrantRecord(
            externalID: id, accountExternalID: user, applicationExternalID: client,
            scopes: scopes.split(separator: " ").map(String.init))
    }
}
