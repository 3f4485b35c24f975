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
        var ids: [String] = []
        var cursor: JSON?
        repeat {
            let (results, next) = try Self.page(
                api, "/applications", member: "results", pageSize: pageSize, cursor)
            ids += results.compactMap { $0.text("_id") }
            cursor = next
        } while cursor != nil
        let sorted = ids.sorted()
        applications = sorted
        return sorted
    }

    /// One page of a list, and how many to skip for the next one. Version 1 counts all of them beside the results, version
    /// 2 in a header, not everywhere.
    static func page(
        _ api: PlatformAPI, _ path: UpstreamPath, member: String?, pageSize: Int, _ cursor: JSON?
    ) throws -> (values: [JSON], next: JSON?) {
        let skipped = cursor?.integer ?? 0
        var query = [(name: "limit", value: String(pageSize)), (name: "skip", value: String(skipped))]
        if member != nil { query.append((name: "sort", value: "_id")) }
        let response = try api.get(path, query: query)
        let values = try response.list(member)
        let total = response.json["totalCount"]?.integer ?? response.headers["x-total-count"].flatMap { Int($0) }
        let reached = skipped + values.count
        let isLast = values.isEmpty || total.map { reached >= $0 } ?? (values.count < pageSize)
        return (values, isLast ? JSON?.none : .integer(reached))
    }
}
