import Base
import HTTP
import Upstream

/// Reads the company's employees, with their last days, which only a data set has.
final class BambooHRDirectory {
    /// The last day of a terminated or departing employee in the data set.
    enum LastDay: Equatable {
        case none
        case day(Timestamp)
        /// The key's user may not see it, or it is no date.
        case unreadable
    }

    private let api: PlatformAPI
    /// The last days of the employees in the data set, by employee, or the reason why it can't be read; nil until it is
    /// requested.
    private var lastDays: Result<[String: LastDay], ConnectorError>?

    /// The number of rows on a page of the data set, the largest that BambooHR allows.
    private static let rowsPerPage = 1_000

    init(_ api: PlatformAPI) { self.api = api }

    /// Reads the employees of one page.
    func employees(_ response: UpstreamResponse) throws -> PageEntries {
        let employees = try response.list("data")
        let total = response.json["meta"]?["total"]?.place
        guard !employees.isEmpty || total == nil || total == 0 else {
            throw ConnectorError.provider("BambooHR shows fewer employees than it counts.")
        }
        guard !employees.isEmpty else { return PageEntries() }
        let lastDays = try allLastDays()
        var isAnythingRestricted = false
        var entries = PageEntries(employees, of: .account, id: BambooHRRecords.id) { employee in
            guard let id = BambooHRRecords.id(employee) else { return .unreadable }
            let lastDay = (try? lastDays.get())?[id] ?? .unreadable
            let reading = BambooHRRecords.employee(employee, id: id, lastDay: lastDay)
            isAnythingRestricted = isAnythingRestricted || reading.isRestricted
            return .read([.account(reading.account)])
        }
        if case .failure(let error) = lastDays { entries.leaveOut("last days", error) }
        if isAnythingRestricted {
            entries.leaveOut(
                "restricted fields",
                .configuration(
                    """
                    The API key's user may not see some fields of some employees, such as work addresses. Use the key \
                    of a user who may.
                    """))
        }
        return entries
    }

    /// Returns the last days in the data set, or the reason why it is left out.
    private func allLastDays() throws -> Result<[String: LastDay], ConnectorError> {
        if let lastDays { return lastDays }
        let read: Result<[String: LastDay], ConnectorError>
        do {
            read = .success(try readLastDays())
        } catch let error as ConnectorError where error.isAboutOneRequest {
            read = .failure(error)
        }
        lastDays = read
        return read
    }

    /// Reads the data set with POST requests that change nothing.
    private func readLastDays() throws -> [String: LastDay] {
        var found: [String: LastDay] = [:]
        try WholeList.forEachPage(most: HeldValues.mostOfExtracts, at: page) { rows in
            for row in rows {
                guard let id = row["fields"]?.identifier("eeid") else { continue }
                found[id] = BambooHRRecords.lastDay(row)
            }
        }
        return found
    }

    private func page(_ cursor: JSON?) throws -> WholeList.Page {
        let number = cursor?.place ?? 1
        let body: JSON = [
            "fields": ["eeid", "terminationDate"], "orderBy": "eeid asc", "page": .integer(number),
            "pageSize": .integer(Self.rowsPerPage),
        ]
        let response = try api.change(.post, "/v2/datasets/employee/data", body, isIdempotent: true)
        guard let pages = response.json["meta"]?["totalPages"]?.place else {
            throw ConnectorError.provider("BambooHR's answer is not the documented data set.")
        }
        return (try response.list("data"), number < pages ? .integer(number + 1) : nil)
    }
}
