import Base

/// Reads the users of an AWS account, with the data that IAM keeps elsewhere: second factors, passwords, keys, policies
/// and tags.
final class AWSDirectory {
    private let session: AWSSession
    private var details: Result<[String: Details], ConnectorError>?
    private var factors = ObjectLists("second factors")
    private var passwords = ObjectLists("passwords")
    private var keys = ObjectLists("access keys")
    private var uses = ObjectLists("last uses of access keys")

    init(_ session: AWSSession) { self.session = session }

    /// Returns the root user, which appears only in the credential report.
    func root() throws -> PageEntries {
        _ = try session.iam("GenerateCredentialReport")
        guard let content = try session.iam("GetCredentialReport").text("Content"),
            let bytes = Base64.standard.decode(content.filter { !$0.isWhitespace })
        else { throw ConnectorError.provider("AWS's answer contains no credential report.") }
        let report = StreamSafeText.read(String(decoding: bytes, as: UTF8.self))
        guard var root = AWSRecords.root(inReport: report) else {
            throw ConnectorError.provider("AWS's credential report has no readable line for the root user.")
        }
        var missing = PageEntries()
        if root.mfaEnabled == false, try !hasRootCredentials(noting: &missing) {
            root.mfaEnabled = nil
            root.metadata["console"] = "no"
        }
        var entries = PageEntries(known: [.account(root)])
        entries.add(missing)
        return entries
    }

    /// Returns false if the root user has neither a password nor keys, as in a member account for which the organization
    /// manages root access (docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management).
    /// If AWS does not tell, the root user counts as one with a password, which nearly all have.
    private func hasRootCredentials(noting missing: inout PageEntries) throws -> Bool {
        do {
            let entries = try session.iam("GetAccountSummary")["SummaryMap"]?.children ?? []
            func count(_ name: String) -> String? { entries.first { $0.text("key") == name }?.text("value") }
            return count("AccountPasswordPresent") != "0" || count("AccountAccessKeysPresent") != "0"
        } catch let error as ConnectorError where error.isAboutOneRequest {
            missing.leaveOut("credentials of the root user", error)
            return true
        }
    }

    /// Reads the accounts of one page of users.
    func users(_ users: [XMLElement]) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        var missing = PageEntries()
        let names = users.compactMap { $0.text("UserName") }
        let factors = try self.factors.lists(of: names, noting: &missing) { names in
            try session.iamResults("ListMFADevices", Self.named(names)) { try $0.list("MFADevices") }
        }
        let passwords = try self.passwords.lists(of: names, noting: &missing) { names in
            try session.iamResults("GetLoginProfile", Self.named(names)) { _ in true }.map { result in
                if case .failure(.missing) = result { .success(false) } else { result }
            }
        }
        let details = try allDetails()
        if case .failure(let error) = details { missing.leaveOut("policies and tags", error) }
        var entries = PageEntries(users, of: .account, keeping: .all(.account)) { user in
            guard var account = AWSRecords.user(user), let name = account.username else { return .unreadable }
            account.mfaEnabled = factors[name].map { !$0.isEmpty }
            if account.mfaEnabled == nil { account.unread.insert(.mfaEnabled) }
            account.metadata["console"] = passwords[name].map { $0 ? "yes" : "no" }
            if passwords[name] == nil { account.unread.insert(.metadata) }
            let known = try? details.get()[account.externalID]
            describe(&account, known)
            // A user without a password has keys alone, with which programs work, unless an address tells which person
            // the user is.
            if account.email == nil, passwords[name] != true {
                if known == nil || passwords[name] == nil {
                    account.unread.insert(.kind)
                } else {
                    account.kind = .serviceAccount
                }
            }
            return .read([.account(account)])
        }
        entries.add(missing)
        return entries
    }

    private static func named(_ users: [String]) -> [[(name: String, value: String)]] {
        users.map { [(name: "UserName", value: $0)] }
    }

    /// Adds the data from policies and tags; nil means that they are not known.
    private func describe(_ account: inout AccountRecord, _ known: Details?) {
        guard let known else {
            account.isAdmin = nil
            account.unread.formUnion([.status, .email, .department, .title, .managerEmail])
            return
        }
        account.isAdmin = known.access.isAdministrator
        account.adminRoles = known.access.administrator.sorted()
        // IAM has no suspended state; a user who is denied everything counts as suspended.
        if known.access.isDenied {
            account.status = .suspended
        } else if known.access.hasUnreadable {
            account.unread.insert(.status)
        }
        AWSRecords.apply(tags: known.tags, to: &account)
    }

    /// Reads the access keys of one page of users.
    func accessKeys(of users: [XMLElement]) throws -> PageEntries {
        var names: [String: String] = [:]
        var entries = PageEntries(users, of: .accessKey, keeping: .all(.accessKey)) { user in
            guard let id = user.text("UserId"), let name = user.text("UserName") else { return .unreadable }
            names[id] = name
            return .read([])
        }
        let lists = try keys.lists(
            of: names.keys.sorted(), noting: &entries, keeping: { [.ofAccount(.accessKey, account: $0)] }
        ) { ids in
            try session.iamResults("ListAccessKeys", Self.named(ids.compactMap { names[$0] })) { list in
                guard list.text("IsTruncated") != "true" else {
                    throw ConnectorError.provider("AWS's list of a user's access keys is longer than a user can have.")
                }
                return try list.list("AccessKeyMetadata")
            }
        }
        let ids = lists.values.joined().compactMap { $0.text("AccessKeyId") }
        let uses = try self.uses.lists(of: ids.sorted(), noting: &entries) { ids in
            try session.iamResults("GetAccessKeyLastUsed", ids.map { [("AccessKeyId", $0)] }) { answer in
                guard let use = answer["AccessKeyLastUsed"] else { throw XMLElement.noList }
                return use
            }
        }
        for (user, keys) in lists.sorted(by: { $0.key < $1.key }) {
            entries.add(
                PageEntries(keys, of: .accessKey, id: { $0.text("AccessKeyId") }) { key in
                    // Without the time of its last use, the key would seem never to have been used.
                    guard let use = key.text("AccessKeyId").flatMap({ uses[$0] }) else { return .unreadable }
                    return EntryReading(AWSRecords.accessKey(key, of: user, lastUsed: use.text("LastUsedDate")))
                })
        }
        return entries
    }

    private struct Details {
        let access: AWSAccess
        let tags: [String: String]
    }

    /// Returns the details of all users by id, or the reason why they can't be read.
    private func allDetails() throws -> Result<[String: Details], ConnectorError> {
        if let details { return details }
        let found: Result<[String: Details], ConnectorError>
        do {
            found = .success(try readDetails())
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found = .failure(error)
        }
        details = found
        return found
    }

    /// Reads the access and the tags of all users. A user's access includes that of its groups.
    private func readDetails() throws -> [String: Details] {
        var managed: [String: AWSPolicy?] = [:]
        try forEachPage(of: "LocalManagedPolicy") { page in
            _ = try page.list("Policies")
            managed.merge(AWSPolicy.managed(page)) { $1 }
        }
        var groups: [String: AWSAccess] = [:]
        try forEachPage(of: "Group") { page in
            for group in try page.list("GroupDetailList") {
                guard let name = group.text("GroupName") else { continue }
                groups[name] = AWSAccess(group, inline: "GroupPolicyList", managed: managed)
            }
        }
        var found: [String: Details] = [:]
        try forEachPage(of: "User") { page in
            for user in try page.list("UserDetailList") {
                guard let id = user.text("UserId") else { continue }
                var access = AWSAccess(user, inline: "UserPolicyList", managed: managed)
                if user["GroupList"] == nil { access.hasUnreadable = true }
                for group in user.members("GroupList") {
                    if let known = groups[group.text] { access.join(known) } else { access.hasUnreadable = true }
                }
                let tags = user.members("Tags").compactMap { tag in
                    tag.text("Key").map { ($0.lowercased(), tag.text("Value") ?? "") }
                }
                found[id] = Details(access: access, tags: Dictionary(tags) { first, _ in first })
            }
        }
        return found
    }

    private func forEachPage(of filter: String, _ body: (XMLElement) throws -> Void) throws {
        try session.forEachPage("GetAccountAuthorizationDetails", [("Filter.member.1", filter)], body)
    }
}
