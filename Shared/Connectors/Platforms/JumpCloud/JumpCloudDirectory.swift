import Base
import Upstream

/// The organization's applications, whose users are asked for one by one.
final class JumpCloudDirectory {
    private let api: PlatformAPI
    private let pageSize: Int
    /// The ids of all applications, nil of one that has none.
    private var applications: [String?]?

    init(_ api: PlatformAPI, pageSize: Int) {
        self.api = api
        self.pageSize = pageSize
    }

    /// All applications, in the order of their ids.
    func applicationIDs() throws -> [String] { try Set(allApplications().compactMap { $0 }).sorted() }

    /// Tells if the ids of all of them could be read.
    var knowsAllApplications: Bool { applications?.contains(nil) == false }

    private func allApplications() throws -> [String?] {
        if let applications { return applications }
        let found = try list("/applications", member: "results").all().map(JumpCloudRecords.id)
        applications = found
        return found
    }

    /// A list of version 1, which counts all of them beside the results in a member, or of version 2, which does so in a
    /// header, not everywhere.
    func list(_ path: UpstreamPath, member: String? = nil) -> NumberedList {
        func id(_ item: JSON) -> String { item.text(member == nil ? "id" : "_id") ?? "" }
        return NumberedList(id: id) { [api, pageSize] from in
            var query = [(name: "limit", value: String(pageSize)), (name: "skip", value: String(from))]
            if member != nil { query.append((name: "sort", value: "_id")) }
            let response = try api.get(path, query: query)
            let values = try response.list(member)
            let total = response.json["totalCount"]?.place ?? response.headers["x-total-count"].flatMap { Int($0) }
            guard !values.isEmpty || from > 0 || member == nil || total == 0 else {
                throw ConnectorError.provider("JumpCloud does not show as many entries as it counts.")
            }
            // Version 1 always counts; if the count can't be read, only an empty page is the end.
            let isShort = member == nil && values.count < pageSize
            return (values, values.isEmpty || total.map { from + NumberedList.count(values.map(id)) >= $0 } ?? isShort)
        }
    }
}
