import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct GitHubAbsenceTests {
    /// Syncs an organization whose repositories the token may all see.
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence {
        try Absence(.github) { request, reply in
            answer(request, reply)
                ?? Self.graph(request, reply, "repositories") { list in
                    Self.changing(list, "nodes") { $0.filter { !$0.hasNull } }
                }
        }
    }

    /// Returns the reply to a query for the connection `name`, with that connection changed and with errors; nil for
    /// the reply to another query.
    private static func graph(
        _ request: FakeProvider.Request, _ reply: FakeProvider.Reply, _ name: String, errors: JSON? = nil,
        _ change: (JSON) -> JSON
    ) -> FakeProvider.Reply? {
        guard let data = (try? JSON(parsing: reply.body))?["data"], let organization = data["organization"],
            let connection = organization[name]
        else { return nil }
        var answer: [String: JSON] = ["data": ["organization": organization.with([name: change(connection)])]]
        answer["errors"] = errors
        return .json(.object(answer))
    }

    private static func changing(_ connection: JSON, _ member: String, _ change: ([JSON]) -> [JSON]) -> JSON {
        connection.with([member: .array(change(connection[member]?.array ?? []))])
    }

    // MARK: Members

    @Test("An outside collaborator who becomes a member during reading is kept", arguments: [true, false])
    func joining(_ hasJoined: Bool) throws {
        func user(_ number: Int, _ name: String) -> JSON { ["id": .integer(number), "login": .string(name)] }
        let guests = (1..<250).map { user(2_000 + $0, "guest\($0)") }
        let members = (0..<6).map { user(1_000 + $0, "m\($0)") } + (hasJoined ? [user(2_000, "guest0")] : [])
        let absence = try sync { request, _ in
            switch request.path {
            case "/orgs/acme/outside_collaborators" where request.parameter("filter") == nil:
                ConnectorCase.numberedPage(request, guests, at: "https://api.github.com")
            case "/orgs/acme/members":
                ConnectorCase.numberedPage(request, members, at: "https://api.github.com")
            default: nil
            }
        }
        #expect(absence.gone == (hasJoined ? [] : ["account/2000"]))
    }

    @Test(
        "An unreadable member makes the list incomplete",
        arguments: [
            .null, "edge", ["role": "ADMIN"], ["role": "ADMIN", "node": nil],
            ["role": "ADMIN", "node": ["login": "m0"]], ["role": "ADMIN", "node": ["databaseId": 1_000]],
        ] as [JSON], [true, false])
    func unreadableMember(_ edge: JSON, _ hasErrors: Bool) throws {
        let errors: JSON = [["message": "x", "path": ["organization", "membersWithRole", "edges", 0]]]
        let absence = try sync { request, reply in
            Self.graph(request, reply, "membersWithRole", errors: hasErrors ? errors : nil) { list in
                Self.changing(list, "edges") { edges in edges.first?["node"]?["login"] == "m0" ? [edge] : edges }
            }
        }
        #expect(absence.gone == [] && absence.leftOut == ["members"])
        #expect(absence.accounts["1002"] != nil && absence.accounts["1001"] == nil)
    }

    @Test(
        "Errors that concern no single entry make the list fail",
        arguments: [
            (["message": "Something went wrong."], "provider_error"), ("x", "provider_error"),
            (["type": "FORBIDDEN", "path": ["organization", "membersWithRole"]], "configuration_invalid"),
        ] as [(JSON, String)])
    func errors(_ error: JSON, _ kind: String) {
        let found = #expect(throws: ConnectorError.self) {
            try sync { Self.graph($0, $1, "membersWithRole", errors: [error]) { $0 } }
        }
        #expect(found?.kind == kind)
    }

    @Test("Fields of a member that may not be read keep their stored values") func fields() throws {
        let errors: JSON = [
            [
                "type": "FORBIDDEN",
                "path": ["organization", "membersWithRole", "edges", 0, "node", "organizationVerifiedDomainEmails"],
            ]
        ]
        let absence = try sync { request, reply in
            Self.graph(request, reply, "membersWithRole", errors: errors) { list in
                Self.changing(list, "edges") { edges in
                    edges.map { edge in
                        let node = (edge["node"] ?? [:]).with(["organizationVerifiedDomainEmails": nil])
                        return edge.with(["role": nil, "hasTwoFactorEnabled": nil]).with(["node": node])
                    }
                }
            }
        }
        #expect(absence.leftOut == [])
        #expect(absence.accounts["1000"]?.isAdmin == nil && absence.accounts["1000"]?.unread == [.email, .mfaEnabled])
    }

    @Test(
        "Names at the identity provider stay if they can't be read",
        arguments: [
            .json(["data": ["organization": ["samlIdentityProvider": nil]], "errors": [["type": "FORBIDDEN"]]]),
            .init(500),
            .json([
                "data": [
                    "organization": [
                        "samlIdentityProvider": [
                            "externalIdentities": ["nodes": [nil], "pageInfo": ["hasNextPage": false]]
                        ]
                    ]
                ]
            ]),
        ] as [FakeProvider.Reply])
    func names(_ reply: FakeProvider.Reply) throws {
        let absence = try sync { request, _ in request.text.contains("externalIdentities") ? reply : nil }
        #expect(absence.leftOut == ["names at the identity provider"] && absence.gone == [])
        #expect(absence.accounts["1001"]?.unread == [.linkedEmails] && absence.accounts["1001"]?.email == "m1@acme.com")
    }

    // MARK: Outside collaborators

    @Test("An unreadable outside collaborator makes the list incomplete", arguments: [.null, ["id": 2_000]] as [JSON])
    func unreadableGuest(_ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path == "/orgs/acme/outside_collaborators" && request.parameter("filter") == nil
                ? reply.entries(nil) { $0.map { $0["id"] == 2_000 ? entry : $0 }.filter { $0["id"] != 2_249 } } : nil
        }
        #expect(absence.gone == [])
    }

    @Test("Second factors of outside collaborators stay if they can't be read", arguments: [401, 403, 404, 422, 500])
    func secondFactors(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.parameter("filter") == "2fa_disabled" ? .json(["message": "no"], status: status) : nil
        }
        #expect(absence.leftOut == ["second factors of outside collaborators"])
        #expect(absence.accounts["2001"]?.mfaEnabled == nil && absence.accounts["2001"]?.unread == [.mfaEnabled])
    }

    @Test("Outside collaborators keep their permissions if a repository can't be read", arguments: [true, false])
    func permissions(_ isWhole: Bool) throws {
        let absence = try sync { request, reply in
            guard request.text.contains("affiliation:OUTSIDE") else { return nil }
            return isWhole
                ? .init(500) : Self.graph(request, reply, "repositories") { Self.changing($0, "nodes") { [nil] + $0 } }
        }
        #expect(absence.leftOut == ["permissions of outside collaborators"] && absence.gone == [])
        #expect(absence.accounts["2001"]?.unread == [.metadata])
    }

    // MARK: Keys and applications

    @Test("An installation without an id makes the list incomplete", arguments: [.null, ["app_slug": "x"]] as [JSON])
    func installations(_ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path == "/orgs/acme/installations"
                ? reply.entries("installations") { $0.map { $0["id"] == 104 ? entry : $0 } } : nil
        }
        #expect(absence.gone == [] && absence.records.byKey["application/104"] == nil)
    }

    @Test(
        "Deploy keys of a repository that can't be read stay",
        arguments: [nil, ["name": "repo1"], ["name": "repo1", "deployKeys": nil]] as [JSON])
    func deployKeys(_ repository: JSON) throws {
        let absence = try sync { request, reply in
            guard request.text.contains("deployKeys(first:100){") else { return nil }
            return Self.graph(request, reply, "repositories") { list in
                Self.changing(list, "nodes") {
                    $0.filter { !$0.hasNull }.map { $0["name"] == "repo1" ? repository : $0 }
                }
            }
        }
        #expect(absence.gone == [] && absence.leftOut == ["deploy keys"])
        #expect(absence.records.byKey["accessKey/DK_3"] != nil && absence.records.byKey["accessKey/DK_1"] == nil)
    }

    @Test("Without single sign-on, removed deploy keys are still marked as gone", arguments: [403, 404])
    func credentials(_ status: Int) throws {
        let absence = try sync { request, reply in
            if request.path == "/orgs/acme/credential-authorizations" {
                return .json(["message": "no"], status: status)
            }
            guard request.text.contains("deployKeys(first:100){") else { return nil }
            return Self.graph(request, reply, "repositories") { list in
                Self.changing(list, "nodes") { $0.filter { !$0.hasNull && $0["name"] != "repo1" } }
            }
        }
        #expect(absence.leftOut == ["authorized credentials"] && absence.gone == ["accessKey/DK_1"])
    }

    @Test(
        "Credentials are read only if the owners' lists could be read",
        arguments: ["/orgs/acme/members", "/orgs/acme/outside_collaborators"])
    func owners(_ path: String) throws {
        for reply: FakeProvider.Reply in [.init(500), .json([nil])] {
            let provider = try FakeProvider { request in
                request.path == path && request.parameter("filter") == nil
                    ? reply : GitHubOrg.answer(request, isEmpty: false)
            }
            let list = try #require(
                ConnectorCase.github.connect(provider).collections.first { $0.name == "authorized credentials" })
            #expect(throws: ConnectorError.self) { try list.page(nil) }
        }
    }

    @Test("If the log is refused, it is left out", arguments: [401, 403, 404, 500])
    func log(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == "/orgs/acme/audit-log" ? .json(["message": "no"], status: status) : nil
        }
        #expect(absence.leftOut == ["events"] && absence.gone == [] && absence.accounts.count == 256)
    }

    // MARK: Logins

    @Test("A member with a new login stays the same account") func renaming() throws {
        let absence = try sync { request, reply in
            let text = String(decoding: reply.body, as: UTF8.self)
            guard text.contains(#""m0""#) else { return nil }
            return .init(reply.status, headers: reply.headers, text: text.replacing(#""m0""#, with: #""new""#))
        }
        #expect(absence.gone == [])
        #expect(absence.accounts["1000"]?.username == "new" && absence.accounts["1000"]?.formerExternalID == "new")
        #expect(absence.accounts["1000"]?.isAdmin == true)
    }

    @Test("An action applies to the user with the number, whatever the login is now") func actions() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "GET /user/1000": .json(["id": 1_000, "login": "new"])
            case "GET /user/1001": .json(["id": 7, "login": "other"])
            case "GET /user/1002": .json(["message": "Not Found"], status: 404)
            case "DELETE /orgs/acme/memberships/new", "DELETE /orgs/acme/memberships/m3": .init(204)
            case "GET /orgs/acme/memberships/new": .json(["role": "member"])
            default: nil
            }
        }
        let connector = try ConnectorCase.github.connect(provider)
        func target(_ id: String, _ login: String) -> ActionTarget {
            ActionTarget(actionID: .random(), externalID: id, username: login)
        }
        let result: JSON = ["platform": "github", "external_id": "1000"]
        #expect(try connector.perform(.suspendUser, on: target("1000", "m0")) == result)
        #expect(try connector.outcome(of: .suspendUser, on: target("1000", "m0")) == .notDone)
        #expect(throws: ConnectorError.self) { try connector.perform(.suspendUser, on: target("1001", "m1")) }
        #expect(throws: ConnectorError.self) { try connector.perform(.suspendUser, on: target("1002", "m2")) }
        let done = ActionOutcome.done(["platform": "github", "external_id": "1002"])
        #expect(try connector.outcome(of: .suspendUser, on: target("1002", "m2")) == done)
        // Earlier releases stored the login as an account's id, and not the number. Such an account is found by its
        // login.
        _ = try connector.perform(.suspendUser, on: target("m3", "m3"))
        #expect(provider.requests.filter { $0.method == "DELETE" }.map(\.path.last) == ["w", "3"])
        #expect(provider.unexpected.isEmpty)
    }
}

extension JSON {
    /// True if this is an object and one of its members is null.
    fileprivate var hasNull: Bool { object?.values.contains(.null) == true }
}
