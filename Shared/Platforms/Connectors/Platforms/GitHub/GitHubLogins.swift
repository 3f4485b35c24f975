import Base
import Upstream

/// Finds the numeric ids of the organization's people by login, for lists that name people by login alone.
final class GitHubLogins {
    private let api: PlatformAPI
    private let organization: String
    private var ids: [String: String]?

    init(_ api: PlatformAPI, _ organization: String) {
        self.api = api
        self.organization = organization
    }

    /// Returns the id of the member or outside collaborator who has this login now; nil if there is none.
    ///
    /// - Throws: `ConnectorError` if not all people could be read.
    func id(_ login: String) throws -> String? {
        if let ids { return ids[login] }
        var found: [String: String] = [:]
        let lists: [UpstreamPath] = ["/orgs/\(organization)/members", "/orgs/\(organization)/outside_collaborators"]
        for list in lists {
            for user in try NumberedList.ofNumberedPages(api, list, id: { $0.text("login") ?? "" }).all() {
                guard let login = user.text("login"), let id = user.identifier("id") else {
                    throw ConnectorError.provider("GitHub's list of people has an entry that can't be read.")
                }
                found[login] = id
            }
        }
        ids = found
        return found[login]
    }
}
