import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct JumpCloudAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.jumpCloud, answer) }

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: [
            ("systemusers", .null, []), ("systemusers", ["username": "x"], []),
            ("systemusers", ["_id": "u0"], ["account/u5"]), ("systems", .null, []), ("systems", ["os": "x"], []),
            ("applications", .null, []), ("applications", ["name": "x"], []),
        ] as [(String, JSON, Set<String>)])
    func unreadable(_ list: String, _ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            guard request.path == "/api/" + list else { return nil }
            // The first entry can't be read, and the last one is gone.
            return reply.entries("results") { items in
                items.filter { !["u5", "s5", "app4"].contains($0.text("_id") ?? "") }.map {
                    ["u0", "s0", "app0"].contains($0.text("_id") ?? "") ? entry : $0
                }
            }
        }
        #expect(absence.gone == gone)
    }

    @Test(
        "An unreadable assignment protects those of its application",
        arguments: [.null, ["type": "user"], ["id": "u0"]] as [JSON])
    func assignments(_ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path == "/api/v2/applications/app1/users" ? .json([entry]) : nil
        }
        #expect(absence.gone == [])
        let other = try sync { request, reply in
            request.path == "/api/v2/applications/app1/users" ? .json([["id": "g1", "type": "user_group"]]) : nil
        }
        #expect(other.gone.count == 250)
    }

    @Test("An application without an id protects the assignments") func applicationWithoutID() throws {
        let absence = try sync { request, reply in
            request.path == "/api/applications"
                ? reply.entries("results") { $0.map { $0.text("_id") == "app1" ? ["name": "x"] : $0 } } : nil
        }
        #expect(absence.gone == [] && !absence.records.contains { $0.key.kind == "entitlement" })
    }

    @Test("A count above the entries is an error; a list without a count is read to its end")
    func counts() throws {
        let error = #expect(throws: ConnectorError.self) {
            try sync { $0.path == "/api/systemusers" ? $1.entries("results") { _ in [] } : nil }
        }
        #expect(error?.kind == "provider_error")
        #expect(throws: ConnectorError.self) {
            try sync { request, _ in request.path == "/api/systemusers" ? .json(["results": []]) : nil }
        }
        #expect(try sync { $0.path == "/api/systemusers" ? $1.with("totalCount", nil) : nil }.gone == [])
    }

    @Test("If devices and the log are refused, they are left out", arguments: [401, 403, 404, 500])
    func optionalLists(_ status: Int) throws {
        let absence = try sync { request, _ in
            ["/api/systems", "/insights/directory/v1/events"].contains(request.path)
                ? .json(["message": "no"], status: status) : nil
        }
        #expect(absence.leftOut == ["devices", "events"] && absence.gone == [] && absence.accounts.count == 6)
    }

    @Test("A full page of the log without a usable cursor is an error, not the end", arguments: ["", "[]", "{", "7"])
    func noEnd(_ cursor: String) throws {
        let absence = try sync { request, reply in
            guard request.path == "/insights/directory/v1/events" else { return nil }
            var reply = reply
            reply.headers["X-Search_after"] = cursor
            return reply
        }
        #expect(absence.leftOut == ["events"])
    }
}
