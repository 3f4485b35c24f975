import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct OktaAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.okta, answer) }

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: [
            (.null, []), (["status": "ACTIVE"], []), ("u0", []),
            // The first of the next two users lacks the profile, and the second the status, which every user has.
            (["id": "u0", "status": "ACTIVE"], ["account/u1"]),
            (["id": "u0", "profile": ["login": "u0@example.com"]], ["account/u1"]),
        ] as [(JSON, Set<String>)])
    func unreadable(_ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.path == "/api/v1/users" && request.parameter("filter") == nil && request.parameter("after") == nil
                ? reply.entries(nil) { _ in [entry] } : nil
        }
        #expect(absence.gone.filter { $0.hasPrefix("account/") } == gone)
    }

    @Test("An assignment without an id protects all of its application") func assignments() throws {
        let absence = try sync { request, reply in
            request.path == "/api/v1/apps/app0/users" && request.parameter("after") == nil
                ? reply.entries(nil) { $0.dropLast() + [.null] } : nil
        }
        #expect(absence.gone == [])
    }

    @Test(
        "If one user's factors and roles can't be read, they stay, and the report names them",
        arguments: [401, 403, 500])
    func oneUser(_ status: Int) throws {
        let absence = try sync { request, _ in
            ["/api/v1/users/u1/factors", "/api/v1/users/u1/roles"].contains(request.path)
                ? .json(["errorCode": "E1"], status: status) : nil
        }
        #expect(absence.leftOut == ["factors", "administrator roles"] && absence.gone == [])
        #expect(absence.accounts["u1"]?.unread == [.mfaEnabled, .adminRoles])
        #expect(absence.accounts["u1"]?.isAdmin == true && absence.accounts["u2"]?.unread == [])
    }

    @Test("An application without an id protects the assignments") func applicationWithoutID() throws {
        let absence = try sync { request, reply in
            request.path == "/api/v1/apps" && request.parameter("after") == nil
                ? reply.entries(nil) { [["label": "?"]] + $0.dropFirst() } : nil
        }
        #expect(absence.gone == [])
    }

    @Test("Grants of an application stay if the list does not tell that it can hold tokens") func signOnModes() throws {
        let absence = try sync { request, reply in
            request.path == "/api/v1/apps" ? reply.entries(nil) { $0.map { $0.with(["signOnMode": nil]) } } : nil
        }
        #expect(!absence.requests.contains { $0.path.hasSuffix("/tokens") } && absence.gone == [])
    }
}
