import Base
import Upstream

/// The members of the site's groups of administrators.
final class JiraAdministrators {
    /// The groups that Atlassian makes for them; `jira-administrators` is that of older sites.
    static let groups = ["administrators", "jira-administrators", "org-admins", "site-admins", "system-administrators"]

    private let api: PlatformAPI
    private var known: [String: Set<String>]?

    init(_ api: PlatformAPI) { self.api = api }

    /// The groups of administrators that each account is in.
    func groups() throws -> [String: Set<String>] {
        if let known { return known }
        var found: [String: Set<String>] = [:]
        for group in Self.groups {
            let members = NumberedList(id: { $0.text("accountId") ?? "" }) { [api] from in
                let page = try api.get(
                    "/rest/api/3/group/member",
                    query: [
                        ("groupname", group), ("includeInactiveUsers", "true"), ("startAt", String(from)),
                        ("maxResults", "50"),
                    ])
                let members = try page.list("values")
                return (members, members.isEmpty || page.json["isLast"]?.bool == true)
            }
            // Not every site has each.
            for member in try unlessGone({ try members.all() }) ?? [] {
                if let id = member.text("accountId") { found[id, default: []].insert(group) }
            }
        }
        known = found
        return found
    }
}

/// Jira's objects as records.
enum JiraRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        // Customers of a service desk are not the company's.
        guard let id = user.text("accountId"), user.text("accountType") != "customer" else { return nil }
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayName") ?? id,
            status: user["active"]?.bool == false ? .suspended : .active)
        account.kind = user.text("accountType") == "app" ? .serviceAccount : .user
        // Atlassian accounts are made with a verified address; who has hidden it has none here.
        account.email = user.email("emailAddress")
        return account
    }

    static func event(_ entry: JSON) -> SyncRecord? {
        guard let id = entry.identifier("id"), let summary = entry.text("summary"), let time = entry.date("created")
        else { return nil }
        let group = entry["objectItem"]?.text("name")
        let isGrant =
            summary == "User added to group" && group.map(JiraAdministrators.groups.contains) == true
        var record = AuditEventRecord(
            externalID: id, eventType: isGrant ? EventType.privilegeGranted : summary, outcome: .success,
            occurredAt: time)
        record.actor = entry.text("authorAccountId") ?? entry.text("authorKey")
        record.actorExternalID = entry.text("authorAccountId")
        record.target = group
        record.ipAddress = entry.text("remoteAddress")
        return .auditEvent(record)
    }
}
