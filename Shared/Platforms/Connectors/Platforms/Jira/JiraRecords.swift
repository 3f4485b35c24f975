import Base
import Upstream

/// Reads the members of the site's groups of administrators.
final class JiraAdministrators {
    /// The names of the groups for administrators: those that Atlassian creates, named by product and site, and those
    /// of older sites, without the site (support.atlassian.com/user-management/docs/default-groups-and-permissions).
    /// User access administrators add people to the site and to groups.
    let names: [String]

    private let api: PlatformAPI
    private var known: AdministratorRoles?
    /// The number of consecutive refused groups after which no more groups are asked for.
    private static let mostRefusals = 5

    init(_ api: PlatformAPI, site: String) {
        self.api = api
        let products = ["jira", "jira-software", "jira-servicemanagement", "jira-product-discovery"]
        let ofSite = products.flatMap { ["\($0)-admins-\(site)", "\($0)-user-access-admins-\(site)"] }
        names =
            ["administrators", "jira-administrators", "org-admins", "site-admins", "system-administrators"] + ofSite
    }

    /// Returns true for the name of a group of administrators. Sites differ in the upper and lower case of these names.
    func include(_ group: String) -> Bool {
        let group = group.lowercased()
        return names.contains { $0.lowercased() == group }
    }

    /// Returns the groups of administrators to which each account belongs, as far as they could be read.
    func roles() throws -> AdministratorRoles {
        if let known { return known }
        var found = AdministratorRoles()
        var refusals = 0
        for group in names where refusals < Self.mostRefusals {
            var isRefused = true
            try found.unlessRefused { found in
                // Not every site has every group.
                for member in try unlessGone({ try members(of: group).all() }) ?? [] {
                    if let id = member.text("accountId") {
                        found.grant(group, to: id)
                    } else {
                        found.leaveOut(AdministratorRoles.unreadable)
                    }
                }
                isRefused = false
            }
            refusals = isRefused ? refusals + 1 : 0
        }
        known = found
        return found
    }

    private func members(of group: String) -> NumberedList {
        NumberedList(id: { $0.text("accountId") ?? "" }) { [api] from in
            let page = try api.get(
                "/rest/api/3/group/member",
                query: [
                    ("groupname", group), ("includeInactiveUsers", "true"), ("startAt", String(from)),
                    ("maxResults", "50"),
                ])
            let members = try page.list("values")
            return (members, members.isEmpty || page.json["isLast"]?.bool == true)
        }
    }
}

/// Translates Jira's objects into records.
enum JiraRecords {
    static func account(_ user: JSON) -> AccountRecord? {
        guard let id = user.text("accountId") else { return nil }
        var account = AccountRecord(
            externalID: id, displayName: user.text("displayName") ?? id,
            status: user.suspended(if: "active", is: false))
        switch user.text("accountType") {
        case "app": account.kind = .serviceAccount
        case "atlassian", "customer": account.kind = .user
        default: account.unread.insert(.kind)
        }
        // An Atlassian account is created with a verified address. If its owner hides the address, Jira may send none.
        account.email = user.email("emailAddress")
        return account
    }

    static func event(_ entry: JSON, _ administrators: JiraAdministrators) -> EntryReading {
        guard let id = entry.identifier("id"), let summary = entry.text("summary"), let time = entry.date("created")
        else { return .unreadable }
        let group = entry["objectItem"]?.text("name")
        let isGrant =
            summary == "User added to group" && group.map(administrators.include) == true
        var record = AuditEventRecord(
            externalID: id, eventType: isGrant ? EventType.privilegeGranted : summary, outcome: .success,
            occurredAt: time)
        record.actor = entry.text("authorAccountId") ?? entry.text("authorKey")
        record.actorExternalID = entry.text("authorAccountId")
        record.target = group
        record.ipAddress = entry.text("remoteAddress")
        return .read([.auditEvent(record)])
    }
}
