import Base
import Upstream

/// The organization's applications, whose users are asked for one by one.
final class JumpCloudDirectory {
    private let api: PlatformAPI
    private let pageSize: Int
    private var applications: [String]?

    init(_ api: PlatformAPI, pageSize: Int) {
        self.api = api
        self.pageSize = pageSize
    }

    /// All applications, in the order of their ids.
    func applicationIDs() throws -> [String] {
        if let applications { return applications }
        let ids = try list("/applications", member: "results").all().compactMap { $0.text("_id") }
        let sorted = Set(ids).sorted()
        applications = sorted
        return sorted
    }

    /// A list of version 1, which counts all of them beside the results in a member, or of version 2, which does so in a
    /// header, not everywhere.
    func list(_ path: UpstreamPath, member: String? = nil) -> NumberedList {
        NumberedList(id: { $0.text(member == nil ? "id" : "_id") ?? "" }) { [api, pageSize] from in
            var query = [(name: "limit", value: String(pageSize)), (name: "skip", value: String(from))]
            if member != nil { query.append((name: "sort", value: "_id")) }
            let response = try api.get(path, query: query)
            let values = try response.list(member)
            let total = response.json["totalCount"]?.integer ?? response.headers["x-total-count"].flatMap { Int($0) }
            let isLast = values.isEmpty || total.map { from + values.count >= $0 } ?? (values.count < pageSize)
            return (values, isLast)
        }
    }
}
