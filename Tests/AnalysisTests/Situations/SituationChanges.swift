import Base
import TestSupport

/// The lists of the fakes, as a situation changes them.
extension CompanyTenant {
    /// Returns a list as the company's situation changes it. Entries of logs that are not past yet are left out.
    func changed(_ name: String, _ items: [JSON]) -> [JSON] {
        guard let situation = company.situation else { return items }
        let now = clock.now
        let changes = (situation.changes(now)[name] ?? []).filter {
            Self.time(of: $0, in: name).map { $0 <= now } ?? true
        }
        return changes.reduce(into: items) { items, change in
            if let id = Self.id(of: change), let index = items.firstIndex(where: { Self.id(of: $0) == id }) {
                items[index] = items[index].changed(by: change)
            } else {
                items.append(change)
            }
        }
    }

    /// Returns the entries from a time on of a log, as the company's situation changes it.
    func log(_ name: String, _ items: [JSON] = [], since start: Timestamp) -> [JSON] {
        changed(name, items).filter { Self.time(of: $0, in: name).map { $0 >= start } ?? true }
    }

    private static func id(of item: JSON) -> JSON? {
        ["id", "_id", "device_id", "accountId"].lazy.compactMap { item[$0] }.first { $0.object == nil }
            ?? item["node"]?["databaseId"]
    }

    /// Returns the time of an entry of a log, nil for an entry of another list.
    private static func time(of item: JSON, in list: String) -> Timestamp? {
        switch list {
        case "okta log": item["published"]?.string.flatMap { Timestamp($0) }
        case "entra sign-ins": item["createdDateTime"]?.string.flatMap { Timestamp($0) }
        case "entra audits": item["activityDateTime"]?.string.flatMap { Timestamp($0) }
        case "google login": item["id"]?["time"]?.string.flatMap { Timestamp($0) }
        case "github log": item["@timestamp"]?.integer.map { Timestamp(seconds: $0 / 1_000) }
        case "aws log": item["EventTime"]?.integer.map { Timestamp(seconds: $0) }
        case "gitlab log", "jira log", "onelogin log":
            (item["created_at"] ?? item["created"])?.string.flatMap { Timestamp($0) }
        case "jumpcloud log": item["timestamp"]?.string.flatMap { Timestamp($0) }
        default: nil
        }
    }
}

extension JSON {
    /// Returns the object with the members of another one, which replace its own; objects in members are joined too.
    fileprivate func changed(by change: JSON) -> JSON {
        guard let own = object, let others = change.object else { return change }
        return .object(own.merging(others) { $0.changed(by: $1) })
    }
}
