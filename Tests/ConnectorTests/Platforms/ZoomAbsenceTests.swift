import Base
import Synchronization
import TestSupport
import Testing

@testable import Connectors

@Suite struct ZoomAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.zoom, answer) }

    @Test(
        "An unreadable entry protects its own records, or all accounts and seats if it has no id",
        arguments: [
            (.null, []), (["email": "u0@acme.com"], []),
            // The entry has no type, so it is unknown if the user has a seat.
            (["id": "active0"], ["account/active1", "entitlement/zoom/active1"]),
        ] as [(JSON, Set<String>)])
    func unreadable(_ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.parameter("status") == "active" && request.parameter("next_page_token") == nil
                ? reply.entries("users") { _ in [entry] } : nil
        }
        #expect(absence.gone == gone)
    }

    @Test("Only an invited user may lack an id") func invitations() throws {
        let absence = try sync { request, reply in
            request.parameter("status") == "pending"
                ? reply.entries("users") { $0.map { $0.with(["id": nil]) } } : nil
        }
        #expect(absence.gone == ["account/pending0"])
        for id in [.number(-1.5), ["pending0"]] as [JSON] {
            let unreadable = try sync { request, reply in
                request.parameter("status") == "pending"
                    ? reply.entries("users") { $0.map { $0.with(["id": id]) } } : nil
            }
            #expect(unreadable.gone == [], "\(id)")
        }
    }

    @Test(
        "If one user's own entry is refused, its fields stay, and the report names the part",
        arguments: [400, 401, 403, 500])
    func details(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == "/v2/users/active0" ? .json(["code": 1], status: status) : nil
        }
        #expect(absence.leftOut == ["user details"] && absence.gone == [])
        #expect(absence.accounts["active0"]?.unread == [.ssoEnforced, .title, .managerEmail])
        #expect(absence.accounts["active1"]?.unread == [] && absence.accounts["active1"]?.ssoEnforced == false)
    }

    @Test("Unreadable sign-in methods leave the stored value unchanged") func signInMethods() throws {
        let absence = try sync { request, reply in
            request.path == "/v2/users/active0" ? reply.with("login_types", [101, nil]) : nil
        }
        #expect(absence.accounts["active0"]?.unread == [.ssoEnforced])
    }

    @Test("Without a role it is unknown if a user is an administrator, and seats stay") func roles() throws {
        let absence = try sync { request, reply in
            request.path == "/v2/users"
                ? reply.entries("users") { $0.map { $0.with(["role_id": nil]) } } : nil
        }
        #expect(absence.accounts["active0"]?.isAdmin == nil)
        #expect(absence.records.byKey["entitlement/zoom/active0"] == nil && absence.gone == [])
    }

    @Test("An address counts as verified only if Zoom says so", arguments: [nil, 2, "yes"] as [JSON])
    func unverified(_ word: JSON) throws {
        let absence = try sync { request, reply in
            request.path == "/v2/users"
                ? reply.entries("users") { $0.map { $0.with(["verified": word]) } } : nil
        }
        let account = absence.accounts["active1"]
        #expect(account?.email == nil && account?.unread == [.email] && absence.gone == [])
    }

    @Test("A user without a state has the state of the list") func states() throws {
        let absence = try sync { request, reply in
            request.path == "/v2/users"
                ? reply.entries("users") { $0.map { $0.with(["status": nil]) } } : nil
        }
        #expect(absence.accounts["active0"]?.status == .active)
        #expect(absence.accounts["inactive0"]?.status == .suspended)
    }

    @Test(
        "A user whose state changes during reading is in one of the lists",
        arguments: [("active", "inactive"), ("inactive", "active"), ("pending", "active")])
    func movers(_ from: String, _ to: String) throws {
        let mover = "\(from)0"
        // The change happens after the first page of one of the two lists was read.
        let hasMoved = Mutex(false)
        let absence = try sync { request, reply in
            guard request.path == "/v2/users", let status = request.parameter("status"), status == from || status == to,
                request.parameter("next_page_token") == nil
            else { return nil }
            let isAfterwards = hasMoved.withLock { hasMoved in
                defer { hasMoved = true }
                return hasMoved
            }
            guard isAfterwards else { return nil }
            return reply.entries("users") { users in
                status == from
                    ? users.filter { $0.text("id") != mover }
                    : users + [["id": .string(mover), "status": .string(to), "type": 1]]
            }
        }
        #expect(absence.accounts[mover] != nil && absence.gone.allSatisfy { !$0.hasPrefix("account/") })
    }

    @Test("A next page that is not text is an error, not the end") func noEnd() {
        #expect(throws: ConnectorError.self) {
            try sync { request, reply in
                request.path == "/v2/users" ? reply.with("next_page_token", 7) : nil
            }
        }
    }

    @Test(
        "Only credentials that Zoom refuses are reported as expired",
        arguments: [
            (400, "invalid_client", "authentication_expired"), (400, "invalid_request", "authentication_expired"),
            (400, "unsupported_grant_type", "configuration_invalid"), (404, "", "provider_error"),
            (503, "", "provider_error"),
        ])
    func tokenErrors(_ status: Int, _ name: String, _ kind: String) throws {
        let provider = try FakeProvider { _ in .json(["error": .string(name)], status: status) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.zoom.connect(provider).check() }
        #expect(error?.kind == kind)
    }

    @Test("A refusal with its own error code does not mean bad credentials") func refusedCall() throws {
        let provider = try FakeProvider { request in
            request.path == "/v2/users"
                ? .json(["code": 200, "message": "No permission."], status: 401)
                : ZoomAccount.answer(request, isEmpty: false)
        }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.zoom.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }
}
