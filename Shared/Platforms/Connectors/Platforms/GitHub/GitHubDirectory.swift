import Base
import Upstream

/// Reads the organization's people, with the data that GitHub keeps elsewhere: their names at the identity provider,
/// their credentials, and the permissions of outside collaborators. Also reads deploy keys.
final class GitHubDirectory {
    let graph: GitHubGraph
    let logins: GitHubLogins
    private let api: PlatformAPI
    private let organization: String
    private let collaborations: GitHubCollaborations
    private var names: ProviderNames?
    /// The ids of the members that this process has read in the list of members.
    private var memberIDs: Set<String> = []
    private var collaboratorsWithoutMFA: Result<Set<String>, ConnectorError>?

    /// The members' names at the identity provider, by login.
    private struct ProviderNames {
        var byLogin: [String: Set<String>] = [:]
        /// The reason why members may have other names; nil if all names could be read.
        var gap: ConnectorError?
    }

    init(_ api: PlatformAPI, _ organization: String) {
        self.api = api
        self.organization = organization
        graph = GitHubGraph(api, organization)
        logins = GitHubLogins(api, organization)
        collaborations = GitHubCollaborations(api, graph, organization)
    }

    /// Reads one page of members.
    func members(_ cursor: JSON?) throws -> RecordPage {
        let page = try graph.page(
            at: cursor, most: 100,
            """
            membersWithRole(first:$first,after:$after){pageInfo{hasNextPage endCursor} edges{hasTwoFactorEnabled role \
            node{login databaseId name createdAt organizationVerifiedDomainEmails(login:$login)}}}
            """
        ) { try $0.connection("membersWithRole", "edges") }
        let names = try identityProviderNames()
        var entries = PageEntries(page.items, of: .account, keeping: .all(.account)) { edge in
            guard var member = GitHubRecords.member(edge), let login = member.username else { return .unreadable }
            member.linkedEmails = Set(member.linkedEmails).union(names.byLogin[login] ?? []).sorted()
            if names.gap != nil { member.unread.insert(.linkedEmails) }
            memberIDs.insert(member.externalID)
            return .read([.account(member)])
        }
        entries.nameGap("members")
        if let gap = names.gap { entries.leaveOut("names at the identity provider", gap) }
        return RecordPage(entries, next: page.next)
    }

    /// Reads the accounts of one page of outside collaborators.
    func outsideCollaborators(_ users: [JSON]) throws -> PageEntries {
        guard !users.isEmpty else { return PageEntries() }
        let collaborations = try self.collaborations.all()
        let withoutMFA = try loginsWithoutMFA()
        var entries = PageEntries(users, of: .account, keeping: .all(.account)) { user in
            guard let login = user.text("login"), let id = user.identifier("id") else { return .unreadable }
            var account = AccountRecord(externalID: id, displayName: login, status: .active)
            account.formerExternalID = login
            account.kind = user.text("type") == "Bot" ? .serviceAccount : .external
            if !["Bot", "User"].contains(user.text("type")) { account.unread.insert(.kind) }
            account.username = login
            account.mfaEnabled = (try? withoutMFA.get()).map { !$0.contains(login) }
            if account.mfaEnabled == nil { account.unread.insert(.mfaEnabled) }
            if let strongest = collaborations.byLogin[login] {
                account.metadata["permission"] = .string(strongest.permission)
                account.metadata["repository"] = .string(strongest.repository)
            }
            // If some repositories can't be read, only `admin` is certain to be the strongest permission.
            if collaborations.gap != nil, collaborations.byLogin[login]?.permission != "admin" {
                account.unread.insert(.metadata)
            }
            return .read([.account(account)])
        }
        if let gap = collaborations.gap { entries.leaveOut("permissions of outside collaborators", gap) }
        if case .failure(let error) = withoutMFA {
            entries.leaveOut("second factors of outside collaborators", error)
        }
        return entries
    }

    /// Protects the members on this page that are not in `memberIDs`. A collaborator who became a member after the list
    /// of members and before the list of outside collaborators was read is in neither.
    func joiningMembers(_ users: [JSON]) -> PageEntries {
        var joining: [Kept] = []
        var entries = PageEntries(users, of: .account, keeping: .all(.account)) { user in
            guard let id = user.identifier("id") else { return .unreadable }
            if !memberIDs.contains(id) { joining.append(.record(.account, id: id)) }
            return .skipped("the list of members has it, or will have it")
        }
        for kept in joining { entries.keep(kept) }
        return entries
    }

    /// Returns a list of users whose pages have numbers.
    func users(_ path: UpstreamPath, query: [(name: String, value: String)] = []) -> NumberedList {
        .ofNumberedPages(api, path, query: query) { $0.text("login") ?? "" }
    }

    /// Reads one page of credentials that people have authorized.
    func authorizedCredentials(_ credentials: [JSON]) throws -> PageEntries {
        try PageEntries(credentials, of: .accessKey, id: GitHubRecords.credentialID) { credential in
            guard let login = credential.text("login") else { return .unreadable }
            return EntryReading(GitHubRecords.accessKey(credential, of: try logins.id(login)))
        }
    }

    /// Reads the deploy keys of one page of repositories.
    func deployKeys(_ cursor: JSON?) throws -> RecordPage {
        let page = try graph.page(
            at: cursor, most: 50,
            """
            repositories(first:$first,after:$after,orderBy:{field:NAME,direction:ASC}){pageInfo{hasNextPage endCursor} \
            nodes{name isArchived deployKeys(first:100){\(Self.keyFields)}}}
            """
        ) { try $0.connection("repositories", "nodes") }
        var entries = PageEntries()
        // The keys of an archived repository open nothing, since it can't be changed.
        for repository in page.items where repository["isArchived"]?.bool != true {
            do {
                guard let name = repository.text("name") else { throw GitHubGraph.incomplete }
                entries.add(
                    PageEntries(try deployKeys(of: repository, name), of: .accessKey, keeping: .all(.accessKey)) {
                        GitHubRecords.deployKey($0, of: name)
                    })
            } catch let error as ConnectorError where error.isAboutOneRequest {
                // A stored key's id does not show its repository, so all keys stay.
                entries.leaveOut("deploy keys", error, keeping: .all(.accessKey))
            }
        }
        entries.nameGap("deploy keys")
        return RecordPage(entries, next: page.next)
    }

    private static let keyFields = "pageInfo{hasNextPage endCursor} nodes{id title readOnly createdAt}"

    /// Returns all deploy keys of a repository, whose object shows the first hundred.
    private func deployKeys(of repository: JSON, _ name: String) throws -> [JSON] {
        try WholeList.items { cursor in
            guard let cursor else {
                let (keys, next) = try Self.keys(of: repository)
                return (keys, next.map { ["after": $0] })
            }
            return try graph.page(
                at: cursor, most: 100,
                "repository(name:$name){deployKeys(first:$first,after:$after){\(Self.keyFields)}}", repository: name
            ) { try Self.keys(of: $0["repository"] ?? .null) }
        }
    }

    /// Returns a page of a repository's deploy keys. They are null if the token may not see them.
    private static func keys(of repository: JSON) throws -> WholeList.Page {
        guard let keys = repository["deployKeys"], keys != .null else { throw GitHubGraph.incomplete }
        return try repository.connection("deployKeys", "nodes")
    }

    /// Returns true if a user with this login is an outside collaborator.
    func isOutsideCollaborator(_ login: String) throws -> Bool {
        try outsideLogins(query: []).contains(login)
    }

    /// Returns the logins of the outside collaborators without a second factor, or the reason why they can't be read.
    private func loginsWithoutMFA() throws -> Result<Set<String>, ConnectorError> {
        if let collaboratorsWithoutMFA { return collaboratorsWithoutMFA }
        let found: Result<Set<String>, ConnectorError>
        do {
            found = .success(try outsideLogins(query: [("filter", "2fa_disabled")]))
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found = .failure(error)
        }
        collaboratorsWithoutMFA = found
        return found
    }

    private func outsideLogins(query: [(name: String, value: String)]) throws -> Set<String> {
        Set(try users("/orgs/\(organization)/outside_collaborators", query: query).all().all("login"))
    }

    /// Returns the members' names at the identity provider (SAML NameID, SCIM userName) that are addresses. Returns
    /// none without SAML single sign-on.
    private func identityProviderNames() throws -> ProviderNames {
        if let names { return names }
        var found = ProviderNames()
        do {
            try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
                try graph.page(
                    at: cursor, most: 100,
                    """
                    samlIdentityProvider{externalIdentities(first:$first,after:$after,membersOnly:true){\
                    pageInfo{hasNextPage endCursor} nodes{samlIdentity{nameId} scimIdentity{username} user{login}}}}
                    """
                ) { organization in
                    guard let provider = organization["samlIdentityProvider"], provider != .null else {
                        return ([], nil)
                    }
                    return try provider.connection("externalIdentities", "nodes")
                }
            } _: { identities in
                for identity in identities {
                    if identity.object == nil { found.gap = GitHubGraph.incomplete }
                    // An identity that is not linked to a member yet has no user.
                    guard let login = identity["user"]?.text("login") else { continue }
                    let names = [
                        identity["samlIdentity"]?.email("nameId"), identity["scimIdentity"]?.email("username"),
                    ]
                    found.byLogin[login, default: []].formUnion(names.compactMap { $0 })
                }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found.gap = error
        }
        names = found
        return found
    }
}

extension PageEntries {
    /// Notes a GraphQL list as incomplete if one of its entries could not be read.
    fileprivate mutating func nameGap(_ list: String) {
        if !kept.isEmpty { leaveOut(list, GitHubGraph.incomplete) }
    }
}
