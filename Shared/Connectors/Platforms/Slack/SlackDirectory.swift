import Base
import Upstream

/// The workspace's people and apps, with what Slack tells of them in other places.
final class SlackDirectory {
    private let methods: SlackMethods
    private let plus: PlatformAPI
    private var profiles: [String: Profile]?

    init(_ methods: SlackMethods, _ plus: PlatformAPI) {
        self.methods = methods
        self.plus = plus
    }

    /// The accounts of one page of members.
    func accounts(_ members: [JSON]) throws -> [SyncRecord] {
        guard !members.isEmpty else { return [] }
        let profiles = try allProfiles()
        return members.compactMap { member in
            guard var account = SlackRecords.account(member) else { return nil }
            account.department = profiles[account.externalID]?.department
            account.managerExternalID = profiles[account.externalID]?.manager
            return .account(account)
        }
    }

    /// The apps that administrators have approved or people have installed, and who has let each in. The log tells it
    /// newest first, so what it says first of an app or a person's grant is what holds.
    func apps() throws -> [SyncRecord] {
        var apps = try approvedApps()
        var grants: [String: SyncRecord] = [:]
        var settled: Set<String> = []
        var living: Set<String> = []
        var removed: Set<String> = []
        for entry in try integrationLog() {
            guard let app = entry.identifier("app_id") ?? entry.identifier("service_id"), !removed.contains(app),
                let user = entry.text("user_id")
            else { continue }
            let isEnd = entry.text("change_type") == "removed" || entry.text("change_type") == "disabled"
            // Whoever removes an app removes it for everybody.
            if isEnd, !living.contains(app) { removed.insert(app) }
            let key = app + "/" + user
            guard settled.insert(key).inserted, !isEnd else { continue }
            living.insert(app)
            if apps[app] == nil { apps[app] = SlackRecords.application(app, entry) }
            grants[key] = SlackRecords.grant(key, app: app, user: user, entry)
        }
        return apps.sorted { $0.key < $1.key }.map(\.value) + grants.sorted { $0.key < $1.key }.map(\.value)
    }

    private func approvedApps() throws -> [String: SyncRecord] {
        var apps: [String: SyncRecord] = [:]
        var cursor: String?
        repeat {
            let more = cursor.map { [(name: "cursor", value: $0)] } ?? []
            guard let answer = try ifOffered("admin.apps.approved.list", [("limit", "1000")] + more) else { break }
            guard let list = answer["approved_apps"]?.array else { throw SlackMethods.malformed }
            for item in list {
                guard let id = item["app"]?.text("id") else { continue }
                apps[id] = .application(
                    ApplicationRecord(externalID: id, name: item["app"]?.text("name") ?? id, isManaged: true))
            }
            cursor = answer["response_metadata"]?.text("next_cursor")
        } while cursor != nil
        return apps
    }

    private func integrationLog() throws -> [JSON] {
        var entries: [JSON] = []
        var page = 1
        while let answer = try ifOffered(
            "team.integrationLogs", [("count", "1000"), ("page", String(page))])
        {
            guard let logs = answer["logs"]?.array, let pages = answer["paging"]?["pages"]?.integer else {
                throw SlackMethods.malformed
            }
            entries += logs
            if page >= pages { break }
            page += 1
        }
        return entries
    }

    /// What a method answers; nil where the plan or the token does not offer it.
    private func ifOffered(_ method: String, _ parameters: [(name: String, value: String)]) throws -> JSON? {
        do {
            return try methods.get(method, parameters)
        } catch ConnectorError.configuration {
            return nil
        }
    }

    private struct Profile {
        let department: String?
        let manager: String?
    }

    /// What SCIM (RFC 7643) says beside, by user; nothing where it is not offered.
    private func allProfiles() throws -> [String: Profile] {
        if let profiles { return profiles }
        var found: [String: Profile] = [:]
        var start = 1
        do {
            while true {
                let page = try plus.get(
                    "/scim/v2/Users", query: [("startIndex", String(start)), ("count", "1000")])
                let users = try page.list("Resources")
                for user in users {
                    guard let id = user.text("id"),
                        let work = user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
                    else { continue }
                    found[id] = Profile(
                        department: work.text("department"),
                        manager: work["manager"]?.text("value") ?? work["manager"]?.text("managerId"))
                }
                start += users.count
                if users.isEmpty || start > page.json["totalResults"]?.integer ?? 0 { break }
            }
        } catch ConnectorError.configuration {}
        profiles = found
        return found
    }
}
