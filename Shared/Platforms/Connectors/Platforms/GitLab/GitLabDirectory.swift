import Base
import HTTP
import Upstream

/// Reads the group's members, deploy keys of projects, and the details of users that GitLab shows elsewhere: on
/// gitlab.com, to the owner of a group, about the users that the company owns; on a customer's server, to an
/// administrator, about all users.
final class GitLabDirectory {
    private let api: PlatformAPI
    private let group: String
    private let isShared: Bool
    private var details: Details?
    private var keysOfProjects = ObjectLists("deploy keys")
    private var membersOfProjects = ObjectLists("project members")
    private var membersOfSubgroups = ObjectLists("subgroup members")

    /// The details of users, which the lists of members do not show.
    private struct Details {
        var users: [String: AccountRecord] = [:]
        /// The ids of users whose entries in the list of details can't be read.
        var unreadable: Set<String> = []
        /// The reason why the details of other users may be missing; nil if the whole list was read and every entry had
        /// an id.
        var gap: ConnectorError?

        mutating func add(_ page: [JSON]) {
            for user in page {
                if let found = GitLabRecords.details(user) {
                    users[found.externalID] = found
                } else if let id = user.identifier("id") {
                    unreadable.insert(id)
                } else {
                    gap = .provider("GitLab's list of users has an entry that can't be read.")
                }
            }
        }
    }

    init(_ api: PlatformAPI, _ group: String, isShared: Bool) {
        self.api = api
        self.group = group
        self.isShared = isShared
    }

    /// Reads the accounts of one page of members.
    func accounts(_ members: [JSON]) throws -> PageEntries { try accounts(members, GitLabRecords.member) }

    private func accounts(
        _ members: [JSON], _ read: (JSON, AccountRecord?) -> AccountRecord?
    ) throws -> PageEntries {
        guard !members.isEmpty else { return PageEntries() }
        let details = try allDetails()
        var entries = PageEntries(members, of: .account) { member in
            let known = member.identifier("id").flatMap { details.users[$0] }
            guard var account = read(member, known) else { return .unreadable }
            if known == nil, details.gap != nil || details.unreadable.contains(account.externalID) {
                account.unread.formUnion(GitLabRecords.detailFields)
            }
            return .read([.account(account)])
        }
        if let gap = details.gap { entries.leaveOut("details of users", gap) }
        return entries
    }

    /// Reads the deploy keys of one page of projects.
    func deployKeys(of projects: [JSON]) throws -> PageEntries {
        var entries = Self.places(
            projects, of: .accessKey, keeping: .beginning(.accessKey, with: GitLabRecords.projectPrefix))
        func kept(_ project: String) -> Kept { .beginning(.accessKey, with: GitLabRecords.deployKeyPrefix(project)) }
        let lists = try keysOfProjects.lists(
            of: projects.compactMap { $0.identifier("id") }, noting: &entries, keeping: { [kept($0)] }
        ) { try self.lists($0.map { "/projects/\($0)/deploy_keys" }) }
        for project in projects {
            guard let id = project.identifier("id"), let keys = lists[id] else { continue }
            let name = project.text("path") ?? "project"
            entries.add(
                PageEntries(keys, of: .accessKey, keeping: kept(id)) {
                    GitLabRecords.deployKey($0, project: id, named: name)
                })
        }
        return entries
    }

    /// Reads the direct members of a page of projects.
    func members(ofProjects projects: [JSON]) throws -> PageEntries {
        try members(of: projects, &membersOfProjects) { "/projects/\($0)/members" }
    }

    /// Reads the direct members of a page of subgroups.
    func members(ofSubgroups groups: [JSON]) throws -> PageEntries {
        try members(of: groups, &membersOfSubgroups) { "/groups/\($0)/members" }
    }

    private func members(
        of places: [JSON], _ lists: inout ObjectLists, _ path: (String) -> UpstreamPath
    ) throws -> PageEntries {
        // If a list can't be read, any account may belong to it.
        var entries = Self.places(places, of: .account, keeping: .all(.account))
        let members = try lists.lists(
            of: places.compactMap { $0.identifier("id") }, noting: &entries, keeping: { _ in [.all(.account)] }
        ) { try self.lists($0.map(path)) }
        entries.add(
            try accounts(members.sorted { $0.key < $1.key }.flatMap(\.value), GitLabRecords.outsideMember))
        return entries
    }

    /// Reads a page of projects or groups. Only their ids are needed, to ask for their own lists.
    private static func places(_ places: [JSON], of kind: SyncRecord.Kind, keeping kept: Kept) -> PageEntries {
        PageEntries(places, of: kind, keeping: kept) { $0.identifier("id") == nil ? .unreadable : .read([]) }
    }

    /// Returns each of several lists in full, or the error because of which it could not be read.
    private func lists(_ paths: [UpstreamPath]) throws -> [Result<[JSON], ConnectorError>] {
        let requests = paths.map { api.request(.get, $0, query: [("per_page", "100")]) }
        let beginnings = try api.results(of: requests, atOnce: 8) { try Self.page($0) }
        var held = HeldValues()
        return try beginnings.map { beginning in
            do {
                let items = try WholeList.items { cursor in
                    try cursor?.string.map { try Self.page(api.get(next: $0)) } ?? beginning.get()
                }
                try held.add(items)
                return .success(items)
            } catch let error as ConnectorError where error.isAboutOneRequest {
                return .failure(error)
            }
        }
    }

    private static func page(_ response: UpstreamResponse) throws -> WholeList.Page {
        (try response.list(), try response.nextLink())
    }

    private func allDetails() throws -> Details {
        if let details { return details }
        var found = Details()
        do {
            if isShared {
                // This list has only numbered pages.
                let list = NumberedList.ofNumberedPages(api, "/groups/\(group)/enterprise_users") {
                    $0.identifier("id") ?? ""
                }
                try WholeList.forEachPage(most: HeldValues.mostOfExtracts, at: list.page) { found.add($0) }
            } else {
                let query = [("pagination", "keyset"), ("order_by", "id"), ("sort", "asc"), ("per_page", "100")]
                try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
                    try Self.page(cursor?.string.map { try api.get(next: $0) } ?? api.get("/users", query: query))
                } _: {
                    found.add($0)
                }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found.gap = error
        }
        details = found
        return found
    }
}
