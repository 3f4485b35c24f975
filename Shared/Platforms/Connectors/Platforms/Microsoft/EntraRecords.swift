import Base

extension JSON {
    /// Returns the address in a member, by default the principal's name. Returns nil if the member is not an address or
    /// is a guest's name, which Entra builds from the address of the invitation, as in
    /// `ann_example.org#EXT#@tenant.onmicrosoft.com`.
    func principalAddress(_ name: String = "userPrincipalName") -> String? {
        isMadeUpName(name) ? nil : email(name)
    }

    /// Returns true if a member, by default the principal's name, is a name that Entra built for a guest.
    func isMadeUpName(_ name: String = "userPrincipalName") -> Bool {
        text(name)?.uppercased().contains("#EXT#") == true
    }
}

/// Translates Entra's objects into records.
enum EntraRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("id"), let name = user.text("userPrincipalName") else { return nil }
        // The name is checked as well as the type, since an administrator may change the type, and the type is null for
        // old guests.
        let isExternal = user.text("userType") == "Guest" || user.isMadeUpName()
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayName") ?? name,
            status: user.suspended(if: "accountEnabled", is: false))
        account.kind = isExternal ? .external : isOfDevice(user) ? .serviceAccount : .user
        account.username = name
        // Administrators set both addresses.
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

    /// Returns true if all licenses of a user are for a device that many people use, such as a phone in a lobby.
    private static func isOfDevice(_ user: JSON) -> Bool {
        guard let licenses = user["assignedLicenses"]?.array, !licenses.isEmpty else { return false }
        return licenses.allSatisfy { $0.text("skuId").map { deviceLicenses.contains($0.lowercased()) } == true }
    }

    /// Teams Shared Devices, Teams Rooms Standard, Basic and Pro
    /// (learn.microsoft.com/entra/identity/users/licensing-service-plan-reference).
    private static let deviceLicenses: Set = [
        "295a8eb0-f78d-45c7-8b5b-1eed5ed02dff", "6070a4c8-34c6-4937-8dfb-39bbc6397a60",
        "6af4b3d6-14bb-4a2a-960c-6c902aad34f3", "4cde982a-ede4-4409-9ae6-b003453c8ea6",
    ]

    /// Returns true if a user's registration has a method for multi-factor authentication, or one that needs no
    /// password, such as Windows Hello for Business; nil if it does not tell
    /// (learn.microsoft.com/graph/api/resources/userregistrationdetails).
    static func hasSecondFactor(_ registration: JSON) -> Bool? {
        registration["isPasswordlessCapable"]?.bool == true ? true : registration["isMfaRegistered"]?.bool
    }

    /// Returns true if a user has a second factor, by the user's registration in this tenant; nil if that is not known.
    /// External users register in their own tenant, so it is not known for those without a registration here.
    static func secondFactor(_ isRegistered: Bool?, of account: AccountRecord) -> Bool? {
        account.kind == .external && isRegistered == false ? nil : isRegistered
    }

    /// Reads an entry of the list of deleted users, which Entra keeps for 30 days after a deletion.
    static func deletedAccount(_ user: JSON) -> EntryReading {
        guard var members = user.object, let id = user.text("id") else { return .unreadable }
        // On deletion, Entra puts the id without dashes before the name.
        let prefix = id.replacing("-", with: "")
        if let name = user.text("userPrincipalName"), name.hasPrefix(prefix) {
            members["userPrincipalName"] = .string(String(name.dropFirst(prefix.count)))
        }
        guard var account = account(.object(members)) else { return .unreadable }
        account.end(at: user.date("deletedDateTime"))
        return .read([.account(account)])
    }

    /// Returns true if a service principal is an application that the company uses: of the type Application, which
    /// managed identities are not, not one of the hundreds that Microsoft owns, and not blocked. Returns nil if the
    /// principal has no type or no id.
    static func isApplication(_ principal: JSON) -> Bool? {
        guard let type = principal.text("servicePrincipalType"), principal.text("id") != nil else { return nil }
        let microsoft = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"]
        return type == "Application"
            && principal["accountEnabled"]?.bool != false
            && principal.text("appOwnerOrganizationId").map { microsoft.contains($0.lowercased()) } != true
    }

    /// Reads an application. It is managed if it is the company's own, or if an administrator set up single sign-on,
    /// requires assignments, or consented for everyone. `consented` is nil if the consents are not known.
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
