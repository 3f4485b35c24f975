import Base
import Synchronization
import TestSupport
import Testing

@testable import Connectors

@Suite struct SlackAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.slack, answer) }

    private static func refusal(_ name: String) -> FakeProvider.Reply { .json(["ok": false, "error": .string(name)]) }

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: [
            ("users.list", "members", .null, []), ("users.list", "members", ["name": "x"], []),
            ("users.list", "members", ["id": "U0"], ["account/U1"]),
            ("admin.apps.approved.list", "approved_apps", .null, []),
            ("admin.apps.approved.list", "approved_apps", ["app": ["name": "x"]], []),
            ("admin.apps.approved.list", "approved_apps", ["app": ["id": "A0"]], ["application/A1"]),
        ] as [(String, String, JSON, Set<String>)])
    func unreadable(_ method: String, _ member: String, _ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.path == "/api/" + method && request.parameter("cursor") == nil
                ? reply.entries(member) { _ in [entry] } : nil
        }
        #expect(absence.gone == gone)
    }

    /// The entry `entry` replaces all entries of the log's third page, which has the grants of the app A5.
    @Test(
        "An unreadable log entry protects its app's grants, or all grants",
        arguments: [
            .null, ["app_id": "A5"], ["app_id": "A5", "user_id": "U2"],
            ["app_id": "A5", "user_id": "U2", "change_type": "added", "scope": ["users:read"]],
        ] as [JSON])
    func unreadableLog(_ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path.hasSuffix("integrationLogs") && request.parameter("page") == "3"
                ? reply.entries("logs") { _ in [entry] } : nil
        }
        #expect(absence.gone == [])
        #expect(absence.records.byKey["oauthGrant/A5/U1"] != nil)
    }

    @Test("A page of the log other than the requested one is not used", arguments: [1, nil] as [Int?])
    func otherPage(_ number: Int?) throws {
        let first = Mutex<FakeProvider.Reply?>(nil)
        let absence = try sync { request, reply in
            guard request.path.hasSuffix("integrationLogs") else { return nil }
            if request.parameter("page") == "1" { first.withLock { $0 = reply } }
            guard request.parameter("page") == "2" else { return nil }
            return number == nil ? reply.with("paging", ["pages": 3]) : first.withLock { $0 }
        }
        #expect(absence.leftOut == ["installed apps"] && absence.gone == [])
    }

    private static let refusals = [
        "feature_not_enabled", "app_management_app_not_installed_on_org", "invalid_actor", "too_many_teams_provided",
        "enterprise_is_restricted", "is_bot", "accesslimited", "method_deprecated",
    ]

    @Test(
        "If a list of apps is refused, its apps stay, and the report names the list",
        arguments: refusals + ["a_new_name", "internal_error"],
        ["admin.apps.approved.list", "team.integrationLogs"])
    func refusedApps(_ name: String, _ method: String) throws {
        let absence = try sync { request, _ in request.path == "/api/" + method ? Self.refusal(name) : nil }
        let isLog = method == "team.integrationLogs"
        #expect(absence.leftOut == [isLog ? "installed apps" : "approved apps"])
        #expect(absence.gone == [])
        guard !isLog else { return }
        guard case .application(let app) = absence.records.byKey["application/A5"] else {
            Issue.record("the app of the log is missing")
            return
        }
        // The app may have been approved.
        #expect(app.unread == [.isManaged])
    }

    @Test("A method that the plan does not offer is a configuration error", arguments: refusals)
    func names(_ name: String) {
        #expect(SlackMethods.error(name)?.kind == "configuration_invalid")
    }

    @Test("Profiles that can't be read stay, and the report names them", arguments: [401, 403, 404, 500])
    func profiles(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == "/scim/v2/Users" ? .json(["Errors": ["code": .integer(status)]], status: status) : nil
        }
        #expect(absence.leftOut == ["profiles"] && absence.gone == [])
        #expect(absence.accounts.values.allSatisfy { $0.unread == [.department, .managerExternalID] })
    }

    @Test(
        "If reading stops halfway, the profiles that were not read stay",
        arguments: [
            ["Resources": []], ["Resources": [], "totalResults": 6], ["Resources": [nil, nil], "totalResults": 4],
        ] as [JSON])
    func halfProfiles(_ answer: JSON) throws {
        let absence = try sync { request, _ in
            request.path == "/scim/v2/Users" && request.parameter("startIndex") == "3" ? .json(answer) : nil
        }
        #expect(absence.leftOut == ["profiles"])
        #expect(absence.accounts["U1"]?.unread == [] && absence.accounts["U1"]?.department == "Sales")
        #expect(absence.accounts["U4"]?.unread == [.department, .managerExternalID])
    }

    @Test("Repeated profiles may hide others, so profiles are reported as left out") func repeatedProfiles() throws {
        let absence = try sync { request, reply in
            request.path == "/scim/v2/Users" ? reply.entries("Resources") { $0 + $0.suffix(1) } : nil
        }
        #expect(absence.leftOut.contains("profiles"))
    }

    @Test("If the log is refused, it is left out, and the others are read", arguments: [400, 403, 404, 500])
    func log(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == "/audit/v1/logs" ? .json(["ok": false, "error": "x"], status: status) : nil
        }
        #expect(absence.leftOut == ["events"] && absence.gone == [] && absence.accounts.count == 6)
    }

    @Test("Members with missing fields keep the stored values") func missingMembers() throws {
        let absence = try sync { request, reply in
            request.path == "/api/users.list"
                ? reply.entries("members") { $0.map { $0.with(["is_admin": nil, "is_owner": nil, "profile": nil]) } }
                : nil
        }
        #expect(absence.accounts["U0"]?.isAdmin == nil && absence.accounts["U0"]?.unread == [.email])
        // A deactivated user is no administrator.
        #expect(absence.accounts["U2"]?.isAdmin == false)
    }

    @Test(
        "A next page that is not text is an error, not the end", arguments: ["users.list", "admin.apps.approved.list"])
    func noEnd(_ method: String) throws {
        @Sendable func answer(_ request: FakeProvider.Request, _ reply: FakeProvider.Reply) -> FakeProvider.Reply? {
            request.path == "/api/" + method ? reply.with("response_metadata", ["next_cursor": 7]) : nil
        }
        guard method == "users.list" else {
            #expect(try sync(answer).leftOut == ["approved apps"])
            return
        }
        #expect(throws: ConnectorError.self) { try sync(answer) }
    }
}
