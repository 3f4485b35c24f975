import Base
import Upstream

/// Reads the workspace's people and apps, with the departments and managers that only SCIM shows.
final class SlackDirectory {
    private let methods: SlackMethods
    private let plus: PlatformAPI
    private var profiles: Profiles?

    init(_ methods: SlackMethods, _ plus: PlatformAPI) {
        self.methods = methods
        self.plus = plus
    }

    /// Reads the accounts of one page of members.
    func accounts(_ members: [JSON]) throws -> PageEntries {
        guard !members.isEmpty else { return PageEntries() }
        let profiles = try allProfiles()
        var entries = PageEntries(members, of: .account) { member in
            guard var account = SlackRecords.account(member) else { return .unreadable }
            let profile = profiles.byUser[account.externalID]
            account.department = profile?.department
            account.managerExternalID = profile?.manager
            if profile == nil, profiles.gap != nil { account.unread.formUnion([.department, .managerExternalID]) }
            return .read([.account(account)])
        }
        if let gap = profiles.gap { entries.leaveOut("profiles", gap) }
        return entries
    }

    /// Reads the apps that administrators approved or people installed, and the people who granted access to each. The
    /// log lists the newest entries first, so its first entry about an app or about a person's grant is the one that
    /// holds.
    func apps() throws -> PageEntries {
        var entries = PageEntries()
        let approved = try unlessRefused("approved apps", keeping: .all(.application), in: &entries, approvedApps)
        entries.add(approved ?? PageEntries())
        let isApprovalKnown = approved?.kept.isEmpty == true
        let log = try unlessRefused(
            "installed apps", keeping: .all(.application), .all(.oauthGrant), in: &entries, integrationLog)
        var apps = Set(entries.records.applicationIDs)
        var settled: Set<String> = []
        var living: Set<String> = []
        var removed: Set<String> = []
        entries.add(
            PageEntries(log ?? [], of: .application, id: SlackRecords.app) { entry in
                guard let app = SlackRecords.app(entry), let user = entry.text("user_id"),
                    let change = entry.text("change_type")
                else { return .unreadable }
                guard !removed.contains(app) else { return .skipped("the app was removed later") }
                let isEnd = change == "removed" || change == "disabled"
                // The removal of an app applies to everyone, unless a newer entry installs it.
                if isEnd, !living.contains(app) { removed.insert(app) }
                guard settled.insert(app + "/" + user).inserted else {
                    return .skipped("a later entry replaces it")
                }
                guard !isEnd else { return .skipped("the person's grant has ended") }
                living.insert(app)
                guard let grant = SlackRecords.grant(entry, app: app, user: user) else { return .unreadable }
                guard apps.insert(app).inserted else { return .read([.oauthGrant(grant)]) }
                var application = SlackRecords.application(app, entry)
                if !isApprovalKnown { application.unread.insert(.isManaged) }
                return .read([.application(application), .oauthGrant(grant)])
            })
        // An entry whose app is not known may concern any grant.
        if entries.kept.contains(.all(.application)) { entries.keep(.all(.oauthGrant)) }
        return entries
    }

    private func approvedApps() throws -> PageEntries {
        var apps = PageEntries()
        try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
            let more = cursor?.string.map { [(name: "cursor", value: $0)] } ?? []
            let answer = try methods.get("admin.apps.approved.list", [("limit", "1000")] + more)
            guard let list = answer["approved_apps"]?.array else { throw SlackMethods.malformed }
            return (list, try Slack.next(answer))
        } _: { list in
            apps.add(
                PageEntries(list, of: .application) { item in
                    guard let id = item["app"]?.text("id") else { return .unreadable }
                    let name = item["app"]?.text("name") ?? id
                    return .read([.application(ApplicationRecord(externalID: id, name: name, isManaged: true))])
                })
        }
        return apps
    }

    private func integrationLog() throws -> [JSON] {
        try WholeList.items { cursor in
            let page = cursor?.place ?? 1
            let answer = try methods.get("team.integrationLogs", [("count", "1000"), ("page", String(page))])
            let paging = answer["paging"]
            // Entries have no ids, by which another page than the requested one would be noticed.
            guard let logs = answer["logs"]?.array, let pages = paging?["pages"]?.integer,
                paging?["page"]?.integer == page
            else { throw SlackMethods.malformed }
            return (logs, page < pages ? .integer(page + 1) : nil)
        }
    }

    /// Returns a list; nil if it is refused. In that case the records known from it stay unchanged.
    private func unlessRefused<List>(
        _ name: String, keeping kept: Kept..., in entries: inout PageEntries, _ ask: () throws -> List
    ) throws -> List? {
        do {
            return try ask()
        } catch let error as ConnectorError where error.isAboutOneRequest {
            entries.leaveOut(name, error, keeping: kept)
            return nil
        }
    }

    private struct Profile {
        let department: String?
        let manager: String?
    }

    /// The further data from SCIM (RFC 7643) by user, and the reason why they are not known for all.
    private typealias Profiles = (byUser: [String: Profile], gap: ConnectorError?)

    private func allProfiles() throws -> Profiles {
        if let profiles { return profiles }
        var found: Profiles = ([:], nil)
        do {
            try WholeList.forEachPage(most: HeldValues.mostOfExtracts) { cursor in
                let start = cursor?.place ?? 1
                let page = try plus.get(
                    "/scim/v2/Users", query: [("startIndex", String(start)), ("count", "1000")])
                let users = try page.list("Resources")
                guard let total = page.json["totalResults"]?.integer else { throw SlackMethods.malformed }
                let next = start + users.count
                // The count says that there are more.
                if users.isEmpty, next <= total { throw SlackMethods.malformed }
                return (users, next > total ? nil : .integer(next))
            } _: { users in
                // A user who comes twice takes the place of another who did not come.
                if NumberedList.count(users.map { $0.text("id") ?? "" }) < users.count {
                    found.gap = SlackMethods.malformed
                }
                for user in users {
                    guard let id = user.text("id") else {
                        found.gap = SlackMethods.malformed
                        continue
                    }
                    let work = user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
                    found.byUser[id] = Profile(
                        department: work?.text("department"),
                        manager: work?["manager"]?.text("value") ?? work?["manager"]?.text("managerId"))
                }
            }
        } catch let error as ConnectorError where error.isAboutOneRequest {
            found.gap = error
        }
        profiles = found
        return found
    }
}

extension [SyncRecord] {
    fileprivate var applicationIDs: [String] {
        compactMap { if case .application(let application) = $0 { application.externalID } else { nil } }
    }
}
