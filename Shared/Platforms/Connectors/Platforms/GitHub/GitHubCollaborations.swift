import Base
import Upstream

/// Reads the strongest permission of each outside collaborator, and the repository that it is for.
final class GitHubCollaborations {
    struct Collaboration {
        let permission: String
        let repository: String

        private static let ranks = ["read", "triage", "write", "maintain", "admin"]
        fileprivate var rank: Int { Self.ranks.firstIndex(of: permission) ?? -1 }
    }

    /// The strongest collaboration of each outside collaborator, as far as the repositories could be read.
    struct Known {
        fileprivate(set) var byLogin: [String: Collaboration] = [:]
        /// The reason why stronger ones may exist; nil if all repositories could be read.
        fileprivate(set) var gap: ConnectorError?

        fileprivate mutating func add(_ login: String, _ permission: String, in repository: String) {
            let collaboration = Collaboration(permission: permission.lowercased(), repository: repository)
            if collaboration.rank > byLogin[login]?.rank ?? -2 { byLogin[login] = collaboration }
        }
    }

    private let api: PlatformAPI
    private let graph: GitHubGraph
    private let organization: String
    private var known: Known?

    init(_ api: PlatformAPI, _ graph: GitHubGraph, _ organization: String) {
        self.api = api
        self.graph = graph
        self.organization = organization
    }

    /// Returns the strongest collaborations in all repositories.
    ///
    /// - Throws: `ConnectorError` if the error concerns all requests.
    func all() throws -> Known {
        if let known { return known }
        var found = Known()
        do {
            try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
                try graph.page(
                    at: cursor, most: 50,
                    """
                    repositories(first:$first,after:$after,orderBy:{field:NAME,direction:ASC}){pageInfo{hasNextPage endCursor} \
                    nodes{name collaborators(affiliation:OUTSIDE,first:100){pageInfo{hasNextPage} \
                    edges{permission node{login}}}}}
                    """
                ) { try $0.connection("repositories", "nodes") }
            } _: { repositories in
                for repository in repositories { try add(repository, to: &found) }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found.gap = error
        }
        known = found
        return found
    }

    /// Adds the outside collaborators of one repository. If there are more than a hundred, reads their separate list.
    private func add(_ repository: JSON, to found: inout Known) throws {
        // The value is null if the token may not see the collaborators.
        guard let name = repository.text("name"), let edges = repository["collaborators"]?["edges"]?.array,
            let hasMore = repository["collaborators"]?["pageInfo"]?["hasNextPage"]?.bool
        else { return found.gap = GitHubGraph.incomplete }
        var people = edges.map { (login: $0["node"]?.text("login"), permission: $0.text("permission")) }
        if hasMore {
            let list = NumberedList.ofNumberedPages(
                api, "/repos/\(organization)/\(name)/collaborators", query: [("affiliation", "outside")]
            ) { $0.text("login") ?? "" }
            do {
                people = try list.all().map { ($0.text("login"), $0.text("role_name")) }
            } catch let error as ConnectorError where error.isAboutOneRequest {
                found.gap = error
            }
        }
        for person in people {
            if let login = person.login, let permission = person.permission {
                found.add(login, permission, in: name)
            } else {
                found.gap = GitHubGraph.incomplete
            }
        }
    }
}
