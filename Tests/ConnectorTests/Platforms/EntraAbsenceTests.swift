import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct EntraAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.entra, answer) }

    /// A list. In a test, an unreadable entry takes the place of the two entries on its first page; `gone` has the
    /// records that are gone if the unreadable entry has the id of the first one.
    struct List: Sendable, CustomTestStringConvertible {
        let path: String
        let gone: Set<String>
        var filter: String?
        var testDescription: String { path }

        func isFirstPage(_ request: FakeProvider.Request) -> Bool {
            request.path == "/v1.0" + path && request.parameter("$skiptoken") == nil
                && (filter == nil || request.parameter("$filter") == filter)
        }
    }

    private static let lists = [
        List(path: "/users", gone: ["account/u1"]),
        List(
            path: "/directory/deletedItems/microsoft.graph.user",
            gone: ["account/0a0a0a0a-0000-4000-8000-000000000001"]),
        List(
            path: "/servicePrincipals",
            gone: Set(
                ["application/sp1"] + ["a", "b/u3", "b/u4", "b/u5", "d", "e"].map { "entitlement/sp1" + $0 }
                    + (0..<5).map { "oauthGrant/grant\($0)" })),
        // For an assignment to a group, the entry alone does not tell its users.
        List(path: "/servicePrincipals/sp0/appRoleAssignedTo", gone: []),
        List(path: "/oauth2PermissionGrants", gone: ["oauthGrant/grant1"], filter: "consentType eq 'Principal'"),
    ]

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: lists, [true, false])
    func unreadable(_ list: List, _ hasID: Bool) throws {
        for other in [.null, "text", [:]] as [JSON] {
            let absence = try sync { request, reply in
                guard list.isFirstPage(request) else { return nil }
                return reply.entries("value") { entries in [hasID ? ["id": entries.first?["id"] ?? .null] : other] }
            }
            #expect(absence.gone == (hasID ? list.gone : []))
        }
    }

    @Test("Last sign-ins that may not be read stay, and the report names them", arguments: [0, 403, 500])
    func lastSignIns(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == "/v1.0/users" && request.parameter("$select")?.contains("signInActivity") == true
                ? status == 0 ? GraphTenant.unlicensed : GraphTenant.error(status, "Authorization_RequestDenied") : nil
        }
        #expect(absence.leftOut == ["last sign-ins"] && absence.gone == [])
        #expect((0..<6).allSatisfy { absence.accounts["u\($0)"]?.unread == [.lastLoginAt] })
        #expect(
            absence.requests.filter { $0.target.contains("signInActivity") }.allSatisfy { !$0.target.contains("skip") })
    }

    @Test("Second factors that may not be read stay, and the report names them", arguments: [0, 401, 403, 500, nil])
    func secondFactors(_ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.path.hasSuffix("/userRegistrationDetails") else { return nil }
            guard let status else { return reply.entries("value") { $0.map { $0["id"] == "u1" ? .null : $0 } } }
            return status == 0 ? GraphTenant.unlicensed : GraphTenant.error(status, "Forbidden")
        }
        #expect(absence.accounts["u1"]?.unread == [.mfaEnabled])
        #expect(absence.accounts["u2"]?.unread == (status == nil ? [] : [.mfaEnabled]))
        #expect(absence.leftOut == (status == nil ? [] : ["second factors"]) && absence.gone == [])
    }

    @Test(
        "A list that could not be read takes no administrator role away",
        arguments: ["/roleDefinitions", "/roleAssignments", "/microsoft.graph.user"], [401, 403, 500, nil] as [Int?])
    func administrators(_ path: String, _ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.path.hasSuffix(path), !request.path.contains("deletedItems") else { return nil }
            return status.map { GraphTenant.error($0, "Forbidden") } ?? reply.entries("value") { _ in [.null] }
        }
        // The user u3 has a role through a group, u2 has a role that administers nothing, and u0 has none.
        for user in ["u3", "u2", "u0"] { #expect(absence.accounts[user]?.isAdmin == nil, "\(user)") }
        #expect(absence.leftOut.contains("administrator roles") && absence.gone == [])
    }

    @Test("A role holder of unknown type may be a group") func unknownHolder() throws {
        let absence = try sync { request, reply in
            request.path.hasSuffix("/roleAssignments")
                ? reply.entries("value") { $0.map { $0.with(["principal": nil]) } } : nil
        }
        #expect(absence.accounts["u1"]?.isAdmin == true)
        #expect(absence.accounts["u3"]?.isAdmin == nil)
        #expect(absence.leftOut == ["administrator roles"])
    }

    @Test("Members of a group that can't be read keep their access", arguments: [401, 403, 500])
    func groupMembers(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix("/transitiveMembers/microsoft.graph.user")
                ? GraphTenant.error(status, "Forbidden") : nil
        }
        #expect(absence.gone == [])
        #expect(absence.leftOut == ["administrator roles", "members of groups"])
        #expect(absence.records.byKey["entitlement/sp1d"] != nil)
        #expect(
            absence.requests.filter { $0.path.contains("transitiveMembers") && !$0.path.contains("token") }.count <= 5)
    }

    @Test("After five refused groups in a row, no more are requested") func manyGroups() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { _ in GraphTenant.error(403, "Forbidden") }
        }
        let entra = try #require(ConnectorCase.entra.connect(provider) as? Entra)
        let groups = EntraGroups(entra.api)
        for number in 0..<20 {
            guard case .failure(.configuration) = try groups.members(of: "g\(number)") else {
                Issue.record("the group is refused")
                return
            }
        }
        #expect(provider.requests.filter { $0.path.contains("/groups/") }.count == 5)
    }

    @Test("An assignment with an unknown role is not stored as a user's role") func unknownRoles() throws {
        let absence = try sync { request, reply in
            request.path.hasSuffix("/servicePrincipals")
                ? reply.entries("value") { $0.map { $0.with(["appRoles": nil]) } } : nil
        }
        #expect(absence.gone == [])
        #expect(absence.records.byKey["entitlement/sp1d"] == nil)
        // The entitlement `sp1a` gives access without a role, so it can be read without the application's roles.
        #expect(absence.records.byKey["entitlement/sp1a"] != nil)
    }

    @Test("Applications stay managed if consents can't be read", arguments: [403, 500, nil])
    func consents(_ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.parameter("$filter") == "consentType eq 'AllPrincipals'" else { return nil }
            return status.map { GraphTenant.error($0, "Forbidden") } ?? reply.entries("value") { _ in [.null] }
        }
        guard case .application(let application) = absence.records.byKey["application/sp2"],
            case .application(let own) = absence.records.byKey["application/sp3"]
        else {
            Issue.record("an application is missing")
            return
        }
        #expect(application.unread == [.isManaged] && own.unread == [] && own.isManaged)
        #expect(absence.leftOut == ["consents for everybody"])
    }

    @Test(
        "A refused list is left out, and the others are read",
        arguments: [
            ("/auditLogs/signIns", "sign-ins"), ("/auditLogs/directoryAudits", "directory log"),
            ("/directory/deletedItems/microsoft.graph.user", "deleted users"), ("/oauth2PermissionGrants", "grants"),
        ], [0, 400, 403, 404, 500])
    func refusedLists(_ list: (path: String, name: String), _ status: Int) throws {
        let absence = try sync { request, _ in
            guard request.path == "/v1.0" + list.path, request.parameter("$filter")?.contains("All") != true else {
                return nil
            }
            return status == 0 ? GraphTenant.unlicensed : GraphTenant.error(status, "Forbidden")
        }
        #expect(absence.leftOut == [list.name] && absence.gone == [])
        #expect(absence.accounts["u0"] != nil && absence.records.byKey["entitlement/sp1d"] != nil)
    }

    @Test("A next page that is not an address is an error, not the end") func noEnd() throws {
        let error = #expect(throws: ConnectorError.self) {
            try sync { request, reply in
                request.path == "/v1.0/users" ? reply.with("@odata.nextLink", 7) : nil
            }
        }
        #expect(error?.kind == "provider_error")
    }

    @Test(
        "Only credentials that Microsoft Graph refuses are reported as expired",
        arguments: [
            (401, "InvalidAuthenticationToken", "authentication_expired"),
            (401, "Unauthorized", "configuration_invalid"),
            (401, "Authorization_IdentityNotFound", "configuration_invalid"), (500, "UnknownError", "provider_error"),
        ])
    func graphErrors(_ status: Int, _ code: String, _ kind: String) throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { _ in GraphTenant.error(status, code) }
        }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.entra.connect(provider).check() }
        #expect(error?.kind == kind)
    }

    @Test(
        "Only a secret that Microsoft refuses is reported as expired",
        arguments: [
            (401, "invalid_client", 7_000_215, "authentication_expired"),
            (400, "unauthorized_client", 7_000_112, "configuration_invalid"),
            (400, "unauthorized_client", 1, "configuration_invalid"), (400, "invalid_request", 1, "provider_error"),
            (400, "temporarily_unavailable", 90_033, "provider_error"), (404, "", 1, "provider_error"),
        ])
    func tokenErrors(_ status: Int, _ name: String, _ code: Int, _ kind: String) throws {
        let provider = try FakeProvider { _ in
            .json(["error": .string(name), "error_codes": [.integer(code)]], status: status)
        }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.entra.connect(provider).check() }
        #expect(error?.kind == kind)
    }

    @Test("A license or grant that can't be read is not reported as revoked") func unreadableLicenses() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { _ in .json(["value": [nil]]) }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let target = ActionTarget(actionID: .random(), externalID: "u1")
        #expect(throws: ConnectorError.self) { try connector.outcome(of: .revokeLicense, on: target) }
        #expect(throws: ConnectorError.self) { try connector.perform(.revokeAllTokens, on: target) }
    }

    // MARK: Intune

    @Test("A device in Intune that can't be read protects all devices") func devices() throws {
        let absence = try Absence(.intune) { request, reply in
            request.parameter("$skiptoken") == nil ? reply.entries("value") { _ in [.null] } : nil
        }
        #expect(absence.gone == [] && absence.records.count == 4)
    }
}
