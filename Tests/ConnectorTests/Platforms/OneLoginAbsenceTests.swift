import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct OneLoginAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.oneLogin, answer) }

    @Test(
        "An unreadable entry protects its own records, or all records if it has no id",
        arguments: [
            ("users", .null, []), ("users", ["email": "x"], []),
            ("users", ["id": 100], ["account/101"]), ("users", ["id": 100, "email": "x"], ["account/101"]),
            ("apps", .null, []), ("apps", ["name": "x"], []), ("apps/1/users", .null, []), ("apps/1/users", [:], []),
        ] as [(String, JSON, Set<String>)])
    func unreadable(_ list: String, _ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.path == "/api/2/" + list && request.parameter("cursor") == nil
                ? reply.entries(nil) { _ in [entry] } : nil
        }
        #expect(absence.gone == gone)
    }

    @Test(
        "Administrators stay if privileges can't be read, and the report names them", arguments: [401, 403, 404, 500])
    func privileges(_ status: Int) throws {
        let absence = try sync { request, _ in request.path == "/api/1/privileges" ? .json([:], status: status) : nil }
        #expect(absence.leftOut == ["administrator roles"] && absence.gone == [])
        #expect(absence.accounts.values.allSatisfy { $0.isAdmin == nil && $0.unread.contains(.adminRoles) })
    }

    @Test(
        "A privilege whose holders can't be read leaves other administrators unknown",
        arguments: [
            ("p-1/users", .json([:], status: 403)), ("p-1/users", .json(["users": [nil], "afterCursor": nil])),
            ("p-1/users", .json(["afterCursor": nil])), ("p-1/roles", .json([:], status: 404)),
        ] as [(String, FakeProvider.Reply)])
    func holders(_ list: String, _ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.path == "/api/1/privileges/" + list ? reply : nil }
        #expect(absence.leftOut == ["administrator roles"])
        #expect(absence.accounts["105"]?.isAdmin == true && absence.accounts["105"]?.unread == [.adminRoles])
        #expect(absence.accounts["100"]?.isAdmin == nil)
    }

    @Test("A privilege without an id, or a user without roles, leaves administrators unknown")
    func gaps() throws {
        let absence = try sync { request, reply in
            switch request.path {
            case "/api/1/privileges": reply.entries(nil) { $0 + [nil] }
            default: nil
            }
        }
        #expect(absence.leftOut == ["administrator roles"] && absence.accounts["100"]?.isAdmin == nil)
        let user = try sync { request, reply in
            request.path == "/api/2/users" ? reply.entries(nil) { $0.map { $0.with(["role_ids": nil]) } } : nil
        }
        #expect(user.accounts["105"]?.isAdmin == nil && user.accounts["101"]?.isAdmin == true)
    }

    @Test(
        "If one user's second factors can't be read, that user's state stays",
        arguments: [
            .json([:], status: 401), .json([:], status: 403), .json([:], status: 404), .json([:], status: 500),
            .json(["x": 1]), .json([nil]),
        ] as [FakeProvider.Reply])
    func factors(_ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.path == "/api/2/mfa/users/101/devices" ? reply : nil }
        #expect(absence.accounts["101"]?.mfaEnabled == nil && absence.accounts["101"]?.unread == [.mfaEnabled])
        #expect(absence.accounts["102"]?.mfaEnabled == true && absence.accounts["102"]?.unread == [])
        #expect(absence.accounts["100"]?.mfaEnabled == false && absence.gone == [])
    }

    @Test("Assignments of an application without an id are not gone") func applicationWithoutID() throws {
        let absence = try sync { request, reply in
            request.path == "/api/2/apps" ? reply.entries(nil) { $0.map { $0.with(["id": nil]) } } : nil
        }
        #expect(absence.gone == [] && !absence.records.contains { $0.key.kind == "entitlement" })
    }

    @Test(
        "A log that is refused, or does not tell if there is more, is left out",
        arguments: [
            .json([:], status: 403), .json([:], status: 500), .json(["data": []]),
            .json(["data": [], "pagination": ["after_cursor": [:]]]),
        ] as [FakeProvider.Reply])
    func log(_ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.path == "/api/1/events" ? reply : nil }
        #expect(absence.leftOut == ["events"] && absence.accounts.count == 6)
    }

    @Test("Only a refusal of the client means bad credentials", arguments: [404, 405, 500])
    func tokens(_ status: Int) throws {
        let provider = try FakeProvider { _ in .json([:], status: status) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.oneLogin.connect(provider).check() }
        #expect(error?.kind == "provider_error")
    }
}
