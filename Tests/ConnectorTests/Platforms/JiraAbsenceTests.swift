import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct JiraAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.jira, answer) }

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: [.null, ["displayName": "x"], ["accountId": "a0"]] as [JSON])
    func unreadable(_ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path.hasSuffix("/users/search") && request.parameter("startAt") == "0"
                ? reply.entries(nil) { [entry] + $0.dropFirst() } : nil
        }
        #expect(absence.gone == [])
    }

    @Test("A group that could not be read takes no administrator role away", arguments: [400, 401, 403, 410, 500, nil])
    func administrators(_ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.parameter("groupname") == "site-admins" else { return nil }
            return status.map { .json(["errorMessages": ["No"]], status: $0) }
                ?? reply.entries("values") { _ in [.null] }.with("isLast", true)
        }
        // A member of another administrators' group stays an administrator.
        #expect(absence.accounts["a0"]?.isAdmin == true && absence.accounts["a0"]?.unread == [.adminRoles])
        #expect(absence.accounts["a2"]?.isAdmin == nil && absence.accounts["a1"]?.isAdmin == nil)
        #expect(absence.leftOut == ["administrator roles"] && absence.gone == [])
    }

    @Test("After five refused groups in a row, no more are requested") func manyGroups() throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix("/group/member") ? .json(["errorMessages": ["No"]], status: 403) : nil
        }
        #expect(absence.requests.filter { $0.path.hasSuffix("/group/member") }.count == 5)
        #expect(absence.accounts.count == 5)
    }

    @Test("If the log is refused, it is left out, and the others are read", arguments: [400, 403, 404, 500])
    func log(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix("/auditing/record") ? .json(["errorMessages": ["No"]], status: status) : nil
        }
        #expect(absence.leftOut == ["events"] && absence.gone == [] && absence.accounts.count == 5)
    }

    @Test("The error of a refused list does not mention tickets") func reasons() throws {
        let provider = try FakeProvider { _ in .json(["errorMessages": ["No"]], status: 400) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.jira.connect(provider).check() }
        #expect(error?.sentence.contains("ticket") == false)
    }

    @Test("A group that can't be read is not reported as removed") func unreadableGroups() throws {
        let provider = try FakeProvider { _ in .json([nil]) }
        let connector = try ConnectorCase.jira.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "a0")
        #expect(throws: ConnectorError.self) { try connector.outcome(of: .removeAdminRole, on: target) }
        #expect(throws: ConnectorError.self) { try connector.perform(.removeAdminRole, on: target) }
    }
}
