import Base
import Upstream

/// The organization's people, with what GitHub tells of them in other places: their names at the identity provider, and
/// what outside collaborators may do.
final class GitHubDirectory {
    let graph: GitHubGraph
    private let api: PlatformAPI
    private let organization: String
    private var linkedEmails: [String: Set<String>]?
    private var collaborations: [String: Collaboration]?
    private var collaboratorsWithoutMFA: Set<String>??

    init(_ api: PlatformAPI, _ organization: String) {
        self.api = api
        self.organization = organization
        graph = GitHubGraph(api, organization)
    }

    /// One page of members.
    func members(_ cursor: JSON?) throws -> RecordPage {
        let page = try graph.organization(
            """
            membersWithRole(first:100,after:$after){pageInfo{hasNextPage endCursor} edges{hasTwoFactorEnabled role \
            node{login name createdAt organizationVerifiedDomainEmails(login:$login)}}}
            """, after: cursor?.string
        ).connection("membersWithRole", "edges")
        let links = try identityProviderNames()
        return RecordPage(
            page.items.compactMap { edge in
                GitHubRecords.member(edge).map { member in
                    var member = member
                    member.linkedEmails = links[member.externalID].map { $0.sorted() } ?? []
                    return .account(member)
                }
            }, next: page.next.map(JSON.string))
    }

    /// The accounts of one page of outside collaborators.
    func outsideCollaborators(_ users: [JSON]) throws -> [SyncRecord] {
        guard !users.isEmpty else { return [] }
        let collaborations = try strongestCollaborations()
        let withoutMFA = try loginsWithoutMFA()
        return users.compactMap { user in
            guard let login = user.text("login") else { return nil }
            var account = AccountRecord(externalID: login, displayName: login, status: .active)
            account.kind = user.text("type") == "Bot" ? .serviceAccount : .external
            account.username = login
            account.mfaEnabled = withoutMFA.map { !$0.contains(login) }
            if let strongest = collaborations[login] {
                account.metadata["permission"] = .string(strongest.permission)
                account.metadata["repository"] = .string(strongest.repository)
            }
            return .account(account)
        }
    }

    /// A list of users.
    func users(_ path: UpstreamPath, query: [(name: String, value: String)] = []) -> NumberedList {
        .ofNumberedPages(api, path, query: query) { $0.text("login") ?? "" }
    }

    /// One page of repositories' deploy keys.
    func deployKeys(_ cursor: JSON?) throws -> RecordPage {
        let page = try graph.organization(
            """
            repositories(first:50,after:$after,orderBy:{field:NAME,direction:ASC}){pageInfo{hasNextPage endCursor} \
            nodes{name deployKeys(first:100){\(Self.keyFields)}}}
            """, after: cursor?.string
        ).connection("repositories", "nodes")
        let records = try page.items.flatMap { repository -> [SyncRecord] in
            guard let name = repository.text("name") else { return [] }
            return try deployKeys(of: repository).compactMap { GitHubRecords.deployKey($0, of: name) }
        }
        return RecordPage(records, next: page.next.map(JSON.string))
    }

    private static let keyFields = "pageInfo{hasNextPage endCursor} nodes{id title readOnly createdAt}"

    /// All deploy keys of one repository, which shows its first hundred.
    private func deployKeys(of repository: JSON) throws -> [JSON] {
        // Null for a token that may not see them.
        guard let shown = repository["deployKeys"], shown != .null else { return [] }
        var (keys, cursor) = try repository.connection("deployKeys", "nodes")
        while let next = cursor, let name = repository.text("name") {
            let page = try graph.organization(
                "repository(name:$name){deployKeys(first:100,after:$after){\(Self.keyFields)}}", after: next,
                repository: name)
            guard let more = page["repository"], more != .null else { break }
            let found = try more.connection("deployKeys", "nodes")
            keys += found.items
            cursor = found.next
        }
        return keys
    }

    /// Whether someone is an outside collaborator.
    func isOutsideCollaborator(_ login: String) throws -> Bool {
        try logins(query: []).contains(login)
    }

    /// What an outside collaborator may do, at most, and where.
    private struct Collaboration {
        let permission: String
        let repository: String

        private static let ranks = ["read", "triage", "write", "maintain", "admin"]
        var rank: Int { Self.ranks.firstIndex(of: permission) ?? -1 }
    }

    private func strongestCollaborations() throws -> [String: Collaboration] {
        if let collaborations { return collaborations }
        var strongest: [String: Collaboration] = [:]
        var cursor: String?
        repeat {
            let page = try graph.organization(
                """
                repositories(first:50,after:$after,orderBy:{field:NAME,direction:ASC}){pageInfo{hasNextPage endCursor} \
                nodes{name collaborators(affiliation:OUTSIDE,first:100){pageInfo{hasNextPage} \
                edges{permission node{login}}}}}
                """, after: cursor
            ).connection("repositories", "nodes")
            for repository in page.items {
                guard let name = repository.text("name") else { continue }
                for (login, permission) in try outsiders(of: repository, name) {
                    let collaboration = Collaboration(permission: permission.lowercased(), repository: name)
                    if collaboration.rank > strongest[login]?.rank ?? -2 { strongest[login] = collaboration }
                }
            }
            cursor = page.next
        } while cursor != nil
        collaborations = strongest
        return strongest
    }

    /// The outside collaborators of one repository; of a very popular one the list goes on elsewhere.
    private func outsiders(of repository: JSON, _ name: String) throws -> [(login: String, permission: String)] {
        guard repository["collaborators"]?["pageInfo"]?["hasNextPage"]?.bool == true else {
            return repository["collaborators"]?["edges"]?.array?.compactMap { edge in
                guard let login = edge["node"]?.text("login"), let permission = edge.text("permission") else {
                    return nil
                }
                return (login, permission)
            } ?? []
        }
        let users = try unlessGone {
            try self.users("/repos/\(organization)/\(name)/collaborators", query: [("affiliation", "outside")]).all()
        }
        return (users ?? []).compactMap { user in
            guard let login = user.text("login"), let role = user.text("role_name") else { return nil }
            return (login, role)
        }
    }

    /// Nil when the token's user is not told.
    private func loginsWithoutMFA() throws -> Set<String>? {
        if let collaboratorsWithoutMFA { return collaboratorsWithoutMFA }
        var found: Set<String>?
        do {
            found = try logins(query: [("filter", "2fa_disabled")])
        } catch ConnectorError.configuration {}
        collaboratorsWithoutMFA = .some(found)
        return found
    }

    private func logins(query: [(name: String, value: String)]) throws -> Set<String> {
        let users = try users("/orgs/\(organization)/outside_collaborators", query: query).all()
        return Set(users.compactMap { $0.text("login") })
    }

    /// Members' names at the identity provider (SAML NameID, SCIM userName), as far as they are addresses; none without
    /// SAML single sign-on.
    private func identityProviderNames() throws -> [String: Set<String>] {
        if let linkedEmails { return linkedEmails }
        var names: [String: Set<String>] = [:]
        var cursor: String?
        repeat {
            let answer = try graph.organization(
                """
                samlIdentityProvider{externalIdentities(first:100,after:$after,membersOnly:true){\
                pageInfo{hasNextPage endCursor} nodes{samlIdentity{nameId} scimIdentity{username} user{login}}}}
                """, after: cursor)
            guard let provider = answer["samlIdentityProvider"], provider != .null else { break }
            let page = try provider.connection("externalIdentities", "nodes")
            for identity in page.items {
                guard let login = identity["user"]?.text("login") else { continue }
                let found = [identity["samlIdentity"]?.email("nameId"), identity["scimIdentity"]?.email("username")]
                names[login, default: []].formUnion(found.compactMap { $0 })
            }
            cursor = page.next
        } while cursor != nil
        linkedEmails = names
        return names
    }
}
