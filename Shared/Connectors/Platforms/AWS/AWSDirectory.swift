import Base

/// The account's users, with what IAM tells of them in other places: their second factors, passwords, keys and policies.
final class AWSDirectory {
    private let session: AWSSession
    private var details: [String: Details]?

    init(_ session: AWSSession) { self.session = session }

    /// The root user, of whom only the credential report tells.
    func root() throws -> [SyncRecord] {
        _ = try session.iam("GenerateCredentialReport")
        guard let content = try session.iam("GetCredentialReport").text("Content"),
            let bytes = Base64.standard.decode(content.filter { !$0.isWhitespace })
        else { throw ConnectorError.provider("AWS's answer holds no credential report.") }
        return AWSRecords.root(inReport: String(decoding: bytes, as: UTF8.self)).map { [.account($0)] } ?? []
    }

    /// The accounts of one page of users.
    func users(_ users: [XMLElement]) throws -> [SyncRecord] {
        guard !users.isEmpty else { return [] }
        let details = try allDetails()
        let byName = users.map { [(name: "UserName", value: $0.text("UserName") ?? "")] }
        let factors = try session.iamEach("ListMFADevices", byName)
        let passwords = try session.iamEach("GetLoginProfile", byName)
        return users.indices.compactMap { index in
            guard var account = AWSRecords.user(users[index]) else { return nil }
            account.mfaEnabled = factors[index].map { !$0.members("MFADevices").isEmpty }
            account.metadata["console"] = passwords[index] == nil ? "no" : "yes"
            if let known = details[account.externalID] {
                account.isAdmin = known.isAdmin
                if known.isAdmin { account.adminRoles = [AWSRecords.administratorPolicy] }
                AWSRecords.apply(tags: known.tags, to: &account)
            }
            return .account(account)
        }
    }

    /// The access keys of one page of users.
    func accessKeys(of users: [XMLElement]) throws -> [SyncRecord] {
        let names = users.compactMap { $0.text("UserName") }
        let lists = try session.iamEach("ListAccessKeys", names.map { [("UserName", $0)] })
        let keys = lists.compactMap { $0 }.flatMap { $0.members("AccessKeyMetadata") }
        let uses = try session.iamEach(
            "GetAccessKeyLastUsed", keys.map { [("AccessKeyId", $0.text("AccessKeyId") ?? "")] })
        return zip(keys, uses).compactMap { key, use in
            AWSRecords.accessKey(key, lastUsed: use?["AccessKeyLastUsed"]?.text("LastUsedDate"))
        }
    }

    private struct Details {
        let isAdmin: Bool
        let tags: [String: String]
    }

    /// What policies and tags say, by user. Policies come from the user's groups too.
    private func allDetails() throws -> [String: Details] {
        if let details { return details }
        var administratorGroups: Set<String> = []
        try forEach("Group", in: "GroupDetailList") { group in
            if AWSRecords.isAdministrator(group), let name = group.text("GroupName") {
                administratorGroups.insert(name)
            }
        }
        var found: [String: Details] = [:]
        try forEach("User", in: "UserDetailList") { user in
            guard let name = user.text("UserName") else { return }
            let isAdmin =
                AWSRecords.isAdministrator(user)
                || user.members("GroupList").contains { administratorGroups.contains($0.text) }
            let tags = user.members("Tags").compactMap { tag in
                tag.text("Key").map { ($0.lowercased(), tag.text("Value") ?? "") }
            }
            found[name] = Details(isAdmin: isAdmin, tags: Dictionary(tags) { first, _ in first })
        }
        details = found
        return found
    }

    private func forEach(_ filter: String, in list: String, _ body: (XMLElement) -> Void) throws {
        var marker: String?
        repeat {
            let page = try session.iamPage(
                "GetAccountAuthorizationDetails", [("Filter.member.1", filter)], after: marker)
            page.result.members(list).forEach(body)
            marker = page.next
        } while marker != nil
    }
}
