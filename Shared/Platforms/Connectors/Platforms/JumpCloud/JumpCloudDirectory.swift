import Base
import HTTP
import Upstream

/// Reads the organization's applications, whose users are requested one application at a time.
final class JumpCloudDirectory {
    private let api: PlatformAPI
    private let pageSize: Int
    /// The ids of all applications, with nil for an application without an id; nil until they are read.
    private var applications: [String?]?

    init(_ api: PlatformAPI, pageSize: Int) {
        self.api = api
        self.pageSize = pageSize
    }

    /// Returns the ids of all applications that have one, in ascending order.
    func applicationIDs() throws -> [String] { try Set(allApplications().compactMap { $0 }).sorted() }

    /// True if `applicationIDs` has read the applications and all of them have ids.
    var knowsAllApplications: Bool { applications?.contains(nil) == false }

    private func allApplications() throws -> [String?] {
        if let applications { return applications }
        let found = try list("/applications", member: "results").all().map(JumpCloudRecords.id)
        applications = found
        return found
    }

    /// Creates a list. Version 1 of the API has the results in a member and always counts all items; version 2 counts
    /// them in a header, but not everywhere.
    func list(_ path: UpstreamPath, member: String? = nil) -> NumberedList {
        func id(_ item: JSON) -> String { item.text(member == nil ? "id" : "_id") ?? "" }
        return NumberedList(id: id) { [api, pageSize] from in
            var query = [(name: "limit", value: String(pageSize)), (name: "skip", value: String(from))]
            if member != nil { query.append((name: "sort", value: "_id")) }
            let response = try api.get(path, query: query)
            let values = try response.list(member)
            let total = response.json["totalCount"]?.place ?? response.headers["x-total-count"].flatMap { Int($0) }
            guard !values.isEmpty || from > 0 || member == nil || total == 0 else {
                throw ConnectorError.provider("JumpCloud shows fewer entries than it counts.")
            }
            // Version 1 always counts; if the count can't be read, only an empty page is the end.
            let isShort = member == nil && values.count < pageSize
            return (values, values.isEmpty || total.map { from + NumberedList.count(values.map(id)) >= $0 } ?? isShort)
        }
    }
}
