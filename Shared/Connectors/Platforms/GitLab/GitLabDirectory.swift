import Base
import Upstream

/// The group's members, with what GitLab tells of them in another place: to the owner of a group on gitlab.com about the
/// users that the company owns, to an administrator of a server about all.
final class GitLabDirectory {
    private let api: PlatformAPI
    private let group: String
    private let isShared: Bool
    private var details: [String: AccountRecord]?

    init(_ api: PlatformAPI, _ group: String, isShared: Bool) {
        self.api = api
        self.group = group
        self.isShared = isShared
    }

    /// The accounts of one page of members.
    func accounts(_ members: [JSON]) throws -> [SyncRecord] {
        guard !members.isEmpty else { return [] }
        let details = try allDetails()
        return members.compactMap { member in
            guard let id = member.identifier("id") else { return nil }
            return GitLabRecords.member(member, details[id]).map(SyncRecord.account)
        }
    }

    /// The deploy keys of one page of projects.
    func deployKeys(of projects: [JSON]) throws -> [SyncRecord] {
        let ids = projects.compactMap { $0.identifier("id") }
        let names = projects.compactMap { $0.identifier("id") == nil ? nil : $0.text("path") ?? "project" }
        let requests = ids.map {
            api.request(.get, "/projects/\($0)/deploy_keys", query: [("per_page", "100")])
        }
        let beginnings: [(keys: [JSON], next: String?)] = try api.sendAll(requests, atOnce: 8) { response in
            // A project that has gone meanwhile, or whose keys only its maintainers see.
            if response.status == 404 || response.status == 403 { return ([], nil) }
            return response.isSuccess ? (try response.list(), response.link("next")) : nil
        }
        return try ids.indices.flatMap { index in
            var (keys, next) = beginnings[index]
            while let url = next, let response = try unlessGone({ try api.get(next: url) }) {
                keys += try response.list()
                next = response.link("next")
            }
            return keys.compactMap { GitLabRecords.deployKey($0, project: ids[index], named: names[index]) }
        }
    }

    private func allDetails() throws -> [String: AccountRecord] {
        if let details { return details }
        var found: [String: AccountRecord] = [:]
        let path: UpstreamPath = isShared ? "/groups/\(group)/enterprise_users" : "/users"
        do {
            var response = try api.get(
                path,
                query: [("pagination", "keyset"), ("order_by", "id"), ("sort", "asc"), ("per_page", "100")])
            while true {
                for user in try response.list().compactMap(GitLabRecords.user) { found[user.externalID] = user }
                guard let next = response.link("next") else { break }
                response = try api.get(next: next)
            }
        } catch ConnectorError.missing where found.isEmpty {
        } catch ConnectorError.configuration where found.isEmpty {
        }
        details = found
        return found
    }
}
