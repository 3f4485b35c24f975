import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct BambooHRAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.bambooHR, answer) }

    private static let list = "/api/v1/employees"
    private static let dataSet = "/api/v2/datasets/employee/data"

    @Test(
        "An unreadable employee protects the stored record, or all if the entry has no id",
        arguments: [(.null, []), (["firstName": "x"], []), (["employeeId": "1"], ["account/6"])]
            as [(JSON, Set<String>)])
    func unreadable(_ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            guard request.path == Self.list else { return nil }
            return reply.entries("data") { items in
                items.filter { $0.text("employeeId") != "6" }.map { $0.text("employeeId") == "1" ? entry : $0 }
            }
        }
        #expect(absence.gone == gone)
    }

    @Test("A page without employees of a company that has some is an error, not the end") func counts() throws {
        let error = #expect(throws: ConnectorError.self) {
            try sync { $0.path == Self.list ? $1.entries("data") { _ in [] } : nil }
        }
        #expect(error?.kind == "provider_error")
    }

    @Test("Fields that the key's user may not see keep their values, and the sync says so") func restricted() throws {
        let hidden: Set = ["workEmail", "hireDate", "departmentName", "jobTitleName", "reportsToId", "status"]
        let absence = try sync { request, reply in
            guard request.path == Self.list else { return nil }
            return reply.entries("data") { items in
                items.map { item in
                    var members = item.object ?? [:]
                    for field in hidden { members[field] = .null }
                    members["_restrictedFields"] = .array(hidden.sorted().map(JSON.string) + ["photoUrl"])
                    return .object(members)
                }
            }
        }
        #expect(absence.gone == [] && absence.leftOut == ["restricted fields"] && absence.accounts.count == 6)
        for account in absence.accounts.values {
            #expect(
                account.unread.isSuperset(of: [
                    .email, .hiredAt, .department, .title, .managerExternalID, .managerEmail, .status, .hrStatus,
                ]), "\(account.externalID)")
            #expect(account.metadata["address"] == "unknown")
        }
    }

    @Test("A field that the API does not know is unread, not empty") func unknownFields() throws {
        let absence = try sync { request, reply in
            guard request.path == Self.list else { return nil }
            return reply.entries("data") { items in
                items.map { .object(($0.object ?? [:]).filter { $0.key != "departmentName" && $0.key != "hireDate" }) }
            }
        }
        #expect(absence.accounts.values.allSatisfy { $0.unread == [.department, .hiredAt] })
    }

    @Test(
        "Without the data set, employees are read and their last days stay",
        arguments: [401, 403, 404, 422, 500])
    func withoutTheDataSet(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == Self.dataSet ? .json(["title": "no", "status": .integer(status)], status: status) : nil
        }
        #expect(absence.leftOut == ["last days"] && absence.gone == [] && absence.accounts.count == 6)
        #expect(absence.accounts.values.allSatisfy { $0.unread == [.terminatedAt] })
        #expect(absence.accounts["4"]?.employment?.status == .terminated)
    }

    @Test("An employee without a readable row of the data set keeps the last day") func rows() throws {
        let absence = try sync { request, reply in
            guard request.path == Self.dataSet else { return nil }
            return reply.entries("data") { rows in
                rows.compactMap { row in
                    switch row["fields"]?.text("eeid") {
                    case "1": nil
                    case "2": ["fields": ["eeid": "2"]]
                    case "3":
                        ["fields": ["eeid": "3", "terminationDate": ""], "_restrictedFields": ["terminationDate"]]
                    default: row
                    }
                }
            }
        }
        let unread = absence.accounts.filter { $0.value.unread.contains(.terminatedAt) }
        #expect(Set(unread.keys) == ["1", "2", "3"] && absence.leftOut == [] && absence.gone == [])
    }

    @Test("A data set that does not tell its length is left out", arguments: [nil, "3", -1] as [JSON?])
    func noLength(_ pages: JSON?) throws {
        let absence = try sync { request, reply in
            guard request.path == Self.dataSet, let body = try? JSON(parsing: reply.body) else { return nil }
            var meta = body["meta"]?.object ?? [:]
            meta["totalPages"] = pages
            return .json(.object((body.object ?? [:]).merging(["meta": .object(meta)]) { $1 }))
        }
        #expect(absence.leftOut == ["last days"] && absence.accounts.count == 6)
    }
}
