import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let github = ConnectorCase(
        connector: GitHub.self, config: ["organization": "acme", "token": "ghp_secretGitHubToken"],
        org: { GitHubOrg.answer($0, isEmpty: false) }, emptyOrg: { GitHubOrg.answer($0, isEmpty: true) },
        isPage: { $0.path == "/graphql" && $0.text.contains("membersWithRole") },
        throttled: {
            let reset = Timestamp.now.seconds + 1
            return .json(
                ["message": "API rate limit exceeded"], status: 403,
                headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset)])
        },
        refused: .json(["message": "Bad credentials", "status": "401"], status: 401), renewsTokens: false,
        counts: ["account": 256, "application": 249, "accessKey": 259, "auditEvent": 6])
}

/// An organization as GitHub's APIs show it: numbered pages have the requested size, others have two items.
enum GitHubOrg {
    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Authorization"] == "Bearer ghp_secretGitHubToken",
            request.headers["X-GitHub-Api-Version"] == "2022-11-28", request.headers["User-Agent"]?.isEmpty == false,
            request.headers["Accept"] == "application/vnd.github+json"
        else { return nil }
        if request.method == "POST", request.path == "/graphql" { return graph(request, isEmpty) }
        guard request.method == "GET" else { return nil }
        switch request.path {
        case "/orgs/acme/outside_collaborators" where request.parameter("filter") == "2fa_disabled":
            return numbered(request, isEmpty ? [] : [["login": "guest1"]])
        case "/orgs/acme/outside_collaborators" where request.parameter("filter") == nil:
            let items: [JSON] = (0..<250).map {
                ["id": .integer(2_000 + $0), "login": .string("guest\($0)"), "type": $0 == 249 ? "Bot" : "User"]
            }
            return numbered(request, isEmpty ? [] : items)
        case "/orgs/acme/members":
            let items: [JSON] = (0..<6).map { ["id": .integer(1_000 + $0), "login": .string("m\($0)")] }
            return numbered(request, isEmpty ? [] : items)
        case "/orgs/acme/installations":
            let items: [JSON] = (0..<250).map {
                [
                    "id": .integer(100 + $0), "app_slug": .string("app-\($0)"), "permissions": ["contents": "write"],
                    "suspended_at": $0 == 5 ? "2026-01-01T00:00:00Z" : .null,
                ]
            }
            return numbered(request, isEmpty ? [] : items, in: "installations")
        case "/orgs/acme/credential-authorizations":
            // Organizations without SAML single sign-on have no list of authorized credentials.
            return isEmpty ? .json(["message": "Not Found"], status: 404) : numbered(request, credentials)
        case "/orgs/acme/audit-log":
            guard request.parameter("phrase") == "created:>=2026-03-31", request.parameter("include") == "web",
                request.parameter("per_page") == "100"
            else { return nil }
            return isEmpty ? .json(["message": "Not Found"], status: 404) : page(request, events)
        default: return nil
        }
    }

    private static func numbered(
        _ request: FakeProvider.Request, _ items: [JSON], in member: String? = nil
    ) -> FakeProvider.Reply? {
        ConnectorCase.numberedPage(request, items, in: member, at: "https://api.github.com")
    }

    private static func page(_ request: FakeProvider.Request, _ items: [JSON]) -> FakeProvider.Reply {
        let from = request.parameter("page").flatMap { Int($0) } ?? 0
        var reply = FakeProvider.Reply.json(.array(Array(items[min(from, items.count)..<min(from + 2, items.count)])))
        if from + 2 < items.count {
            let target = request.target.split(separator: "&").filter { !$0.hasPrefix("page=") }
            reply.headers["Link"] =
                "<https://api.github.com\(target.joined(separator: "&"))&page=\(from + 2)>; rel=\"next\""
        }
        return reply
    }

    private static func graph(_ request: FakeProvider.Request, _ isEmpty: Bool) -> FakeProvider.Reply? {
        guard let query = request.json.text("query"), request.json["variables"]?["login"] == "acme" else { return nil }
        let from = request.json["variables"]?["after"]?.string.flatMap { Int($0) } ?? 0
        func connection(_ items: [JSON], in member: String) -> JSON {
            let all = isEmpty ? [] : items
            return [
                member: .array(Array(all[min(from, all.count)..<min(from + 2, all.count)])),
                "pageInfo": ["hasNextPage": .bool(from + 2 < all.count), "endCursor": .string(String(from + 2))],
            ]
        }
        let organization: JSON
        if query.contains("viewerCanAdminister") {
            organization = ["viewerCanAdminister": true]
        } else if query.contains("membersWithRole(first:") {
            organization = ["membersWithRole": connection((0..<6).map(member), in: "edges")]
        } else if query.contains("externalIdentities(first:") {
            let identities: [JSON] = (0..<5).map {
                ["samlIdentity": ["nameId": .string("M\($0)@Acme.com")], "user": ["login": .string("m\($0)")]]
            }
            organization = [
                "samlIdentityProvider": isEmpty
                    ? .null : ["externalIdentities": connection(identities, in: "nodes")]
            ]
        } else if query.contains("repository(name:$name){deployKeys(first:") {
            guard request.json["variables"]?["name"] == "repo2" else { return nil }
            let keys = (0..<5).map { deployKey($0 == 0 ? "DK_2" : "DK_2_\($0)") }
            organization = ["repository": ["deployKeys": connection(keys, in: "nodes")]]
        } else if query.contains("deployKeys(first:100)") {
            organization = ["repositories": connection((0..<6).map(repository), in: "nodes")]
        } else if query.contains("collaborators(affiliation:OUTSIDE,first:100)") {
            organization = ["repositories": connection((0..<6).map(collaborators), in: "nodes")]
        } else {
            return nil
        }
        return .json(["data": ["organization": organization]])
    }

    private static func member(_ number: Int) -> JSON {
        [
            "role": number == 0 ? "ADMIN" : "MEMBER", "hasTwoFactorEnabled": number == 5 ? .null : .bool(number > 0),
            "node": [
                "databaseId": .integer(1_000 + number), "login": .string("m\(number)"),
                "name": number == 1 ? .null : .string("Member \(number)"),
                "createdAt": "2020-01-02T03:04:05Z",
                "organizationVerifiedDomainEmails": number == 2 ? [] : [.string("M\(number)@acme.com")],
            ],
        ]
    }

    private static func repository(_ number: Int) -> JSON {
        [
            "name": .string("repo\(number)"),
            // One repository has more keys than fit into the list of repositories, and one is hidden from the token.
            "deployKeys": number == 4
                ? .null
                : [
                    "nodes": number == 2
                        ? [deployKey("DK_2"), deployKey("DK_2_1")] : [deployKey("DK_\(number)", readOnly: number > 0)],
                    "pageInfo": ["hasNextPage": .bool(number == 2), "endCursor": "2"],
                ],
        ]
    }

    private static func deployKey(_ id: String, readOnly: Bool = true) -> JSON {
        ["id": .string(id), "title": "CI", "readOnly": .bool(readOnly), "createdAt": "2024-01-01T00:00:00Z"]
    }

    private static func collaborators(_ number: Int) -> JSON {
        [
            "name": .string("repo\(number)"),
            "collaborators": number == 5
                ? .null
                : [
                    "pageInfo": ["hasNextPage": false],
                    "edges": [["permission": number == 3 ? "WRITE" : "READ", "node": ["login": "guest0"]]],
                ],
        ]
    }

    private static let credentials: [JSON] = (0..<250).map {
        [
            "login": "m1", "credential_id": .integer(7_000 + $0),
            "credential_type": $0 == 5 ? "SSH key" : "personal access token",
            "credential_authorized_at": "2026-01-26T19:06:43Z", "authorized_credential_note": "ci",
            "scopes": $0 == 0 ? ["read:org"] : ["repo"],
            "authorized_credential_expires_at": $0 == 0 ? "2026-12-01T00:00:00Z" : .null,
        ]
    }

    private static let events: [JSON] = (0..<6).map { number in
        var entry: [String: JSON] = [
            "_document_id": .string("e\(number)"), "@timestamp": .integer(1_775_100_000_999), "actor": "m0",
        ]
        // Older entries have only the login.
        if number > 0 { entry["actor_id"] = 1_000 }
        switch number {
        case 0:
            entry["action"] = "secret_scanning_alert.create"
            entry["repo"] = "acme/cloud-api"
            entry["number"] = 7
            entry["secret_type"] = "aws_access_key_id"
        case 1:
            entry["action"] = "org.update_member"
            entry["permission"] = "admin"
            entry["user"] = "m3"
        case 2:
            entry["action"] = "org.sso_response"
            entry["actor_location"] = ["country_code": "nl"]
        case 3: entry["action"] = "repo.download_zip"
        default: entry["action"] = "audit_log_streaming.destroy"
        }
        return .object(entry)
    }
}

@Suite struct GitHubTests {
    private let target = ActionTarget(actionID: .random(), externalID: "m1")

    @Test("Members, collaborators, keys and events are mapped to our records") func mapsWhatGitHubSays() throws {
        let provider = try FakeProvider(ConnectorCase.github.org)
        let connector = try ConnectorCase.github.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["1000"]?.isAdmin == true)
        #expect(accounts["1000"]?.mfaEnabled == false)
        #expect(accounts["1001"]?.mfaEnabled == true)
        #expect(accounts["1005"]?.mfaEnabled == nil)
        #expect(accounts["1001"]?.displayName == "m1")
        #expect(accounts["1001"]?.email == "m1@acme.com")
        #expect(accounts["1002"]?.email == nil)
        #expect(accounts["1002"]?.linkedEmails == ["m2@acme.com"])
        #expect(accounts["2000"]?.kind == .external)
        #expect(accounts["2000"]?.metadata == ["permission": "write", "repository": "repo3"])
        #expect(accounts["2001"]?.mfaEnabled == false)
        #expect(accounts["2001"]?.metadata == [:])
        let byKey = records.byKey
        guard case .accessKey(let deployKey)? = byKey["accessKey/DK_0"],
            case .accessKey(let token)? = byKey["accessKey/credential/7000"],
            case .accessKey(let ssh)? = byKey["accessKey/credential/7005"],
            case .auditEvent(let alert)? = byKey["auditEvent/e0"],
            case .auditEvent(let grant)? = byKey["auditEvent/e1"],
            case .auditEvent(let signIn)? = byKey["auditEvent/e2"],
            case .auditEvent(let download)? = byKey["auditEvent/e3"]
        else {
            Issue.record("a record is missing")
            return
        }
        #expect((1...4).allSatisfy { byKey["accessKey/DK_2_\($0)"] != nil })
        #expect(deployKey.canWrite && deployKey.name == "repo0 (CI)" && deployKey.kind == .deployKey)
        #expect(!token.canWrite && token.expiresAt != nil && token.accountExternalID == "1001")
        #expect(ssh.kind == .accessKey && ssh.expiresAt == nil)
        #expect(alert.target == "cloud-api" && alert.eventType == "secret_scanning_alert.create")
        #expect(alert.details == ["number": 7, "secret_type": "aws_access_key_id"])
        #expect(alert.occurredAt == Timestamp(seconds: 1_775_100_000))
        #expect(alert.actorExternalID == "1000" && grant.actorExternalID == "1000" && grant.actor == "m0")
        #expect(grant.eventType == EventType.privilegeGranted && grant.target == "m3")
        #expect(signIn.eventType == EventType.platformSignIn && signIn.details == ["method": "sso", "country": "NL"])
        #expect(download.eventType == EventType.download)
    }

    @Test("A token of a user who is not an owner is a configuration error") func whoIsNoOwnerIsToldSo() throws {
        let provider = try FakeProvider { _ in .json(["data": ["organization": ["viewerCanAdminister": false]]]) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.github.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
        provider.fail(
            .json(["data": ["organization": .null], "errors": [["type": "NOT_FOUND", "message": "acme"]]]))
        let unknown = #expect(throws: ConnectorError.self) { try ConnectorCase.github.connect(provider).check() }
        #expect(unknown?.kind == "configuration_invalid")
    }

    /// GitHub reports throttling as 403 or 429, or as status 200 with a GraphQL error.
    @Test("A rate limit is not mistaken for a missing permission") func throttlingIsNoMissingPermission() throws {
        let reset = String(Timestamp.now.seconds)
        let throttles: [FakeProvider.Reply] = [
            .json(["message": "API rate limit exceeded"], status: 429, headers: ["retry-after": "0"]),
            .json(["message": "You have exceeded a secondary rate limit"], status: 403, headers: ["retry-after": "0"]),
            .json(
                ["errors": [["type": "RATE_LIMITED"]]],
                headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": reset]),
        ]
        for reply in throttles {
            let provider = try FakeProvider(ConnectorCase.github.org)
            provider.fail(reply)
            try ConnectorCase.github.connect(provider).check()
            #expect(provider.requests.count == 2)
        }
        let provider = try FakeProvider(ConnectorCase.github.org)
        provider.fail(.json(["message": "Resource not accessible by personal access token"], status: 403))
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.github.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }

    @Test(
        "Members and outside collaborators are removed",
        arguments: [ActionType.suspendUser, .deactivateUser, .removeFromGroup])
    func removesMembersAndCollaborators(_ action: ActionType) throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "DELETE /orgs/acme/memberships/m1": .init(204)
            case "DELETE /orgs/acme/memberships/guest0", "GET /orgs/acme/memberships/guest0":
                .json(["message": "Not Found"], status: 404)
            case "GET /orgs/acme/memberships/m1": .json(["role": "member", "state": "active"])
            case "GET /orgs/acme/outside_collaborators": .json([["login": "guest0"]])
            case "DELETE /orgs/acme/outside_collaborators/guest0": .init(204)
            default: nil
            }
        }
        let connector = try ConnectorCase.github.connect(provider)
        let guest = ActionTarget(actionID: .random(), externalID: "guest0")
        #expect(try connector.perform(action, on: target)["platform"] == "github")
        #expect(try connector.perform(action, on: guest)["external_id"] == "guest0")
        #expect(provider.requests.last?.method == "DELETE")
        #expect(try connector.outcome(of: action, on: target) == .notDone)
        #expect(try connector.outcome(of: action, on: guest) == .notDone)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("The owner role can be removed from members only") func takesTheOwnerRoleFromMembersOnly() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "GET /orgs/acme/memberships/m1": .json(["role": "admin"])
            case "PUT /orgs/acme/memberships/m1": request.json == ["role": "member"] ? .json(["role": "member"]) : nil
            case "GET /orgs/acme/memberships/guest0": .json(["message": "Not Found"], status: 404)
            default: nil
            }
        }
        let connector = try ConnectorCase.github.connect(provider)
        #expect(try connector.outcome(of: .removeAdminRole, on: target) == .notDone)
        _ = try connector.perform(.removeAdminRole, on: target)
        let guest = ActionTarget(actionID: .random(), externalID: "guest0")
        #expect(throws: ConnectorError.self) { try connector.perform(.removeAdminRole, on: guest) }
        #expect(provider.requests.map(\.method) == ["GET", "GET", "PUT", "GET"])
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A member's authorised credentials are revoked") func revokesCredentials() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /orgs/acme/credential-authorizations?login=m1&per_page=100":
                .json([["credential_id": 1], ["credential_id": 2]])
            case "DELETE /orgs/acme/credential-authorizations/1", "DELETE /orgs/acme/credential-authorizations/2":
                .init(204)
            default: nil
            }
        }
        let connector = try ConnectorCase.github.connect(provider)
        _ = try connector.perform(.revokeAllTokens, on: target)
        #expect(provider.requests.count == 3)
        let one = ActionTarget(actionID: .random(), .key, externalID: "credential/2")
        _ = try connector.perform(.revokeOAuthToken, on: one)
        let key = ActionTarget(actionID: .random(), .key, externalID: "credential/1")
        _ = try connector.perform(.rotateCredentials, on: key)
        #expect(provider.requests.count == 5)
        #expect(throws: ConnectorError.self) { try connector.perform(.rotateCredentials, on: target) }
        #expect(try connector.outcome(of: .revokeAllTokens, on: target) == .notDone)
        provider.fail(.json([]))
        let done = ActionOutcome.done(["platform": "github", "external_id": "m1"])
        #expect(try connector.outcome(of: .revokeAllTokens, on: target) == done)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("The credentials on every page are revoked") func revokesTheCredentialsOfEveryPage() throws {
        let list = "/orgs/acme/credential-authorizations"
        let next = "<https://api.github.com\(list)?login=m1&per_page=100&page=2>; rel=\"next\""
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "GET " + list where request.parameter("page") == "2": .json([["credential_id": 2]])
            case "GET " + list: .json([["credential_id": 1]], headers: ["Link": next])
            case "DELETE " + list + "/1", "DELETE " + list + "/2": .init(204)
            default: nil
            }
        }
        _ = try ConnectorCase.github.connect(provider).perform(.revokeAllTokens, on: target)
        #expect(provider.requests.map(\.method) == ["GET", "GET", "DELETE", "DELETE"])
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A ticket that was already created is found again") func findsItsTicketAgain() throws {
        let action = Identifier.random()
        let target = try ActionTarget(
            "m1", for: .createTicket, by: GitHub.self,
            ["repository": "ops", "title": "Remove m1", "description": "Left."], actionID: action)
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /repos/acme/ops": .json(["owner": ["login": "Acme"], "private": true])
            case "POST /repos/acme/ops/issues":
                request.json
                    == ["title": "Remove m1", "body": "Left.", "labels": [.string("thalian-\(action)")]]
                    ? .json(["number": 12], status: 201) : nil
            case "GET /repos/acme/ops/issues?labels=thalian-\(action)&state=all": .json([["number": 12]])
            default: nil
            }
        }
        let connector = try ConnectorCase.github.connect(provider)
        let ticket: JSON = ["platform": "github", "ticket": "12"]
        #expect(try connector.perform(.createTicket, on: target) == ticket)
        #expect(try connector.outcome(of: .createTicket, on: target) == .done(ticket))
        #expect(provider.unexpected.isEmpty)
        provider.fail(.init(502)) { $0.method == "POST" }
        #expect(throws: ConnectorError.unknownOutcome("The provider failed; it may have carried the action out.")) {
            try connector.perform(.createTicket, on: target)
        }
    }

    @Test(
        "A ticket goes only to a private repository of the organization",
        arguments: [
            ["owner": ["login": "mallory"], "private": true], ["owner": ["login": "acme"], "private": false],
            ["owner": ["login": "acme"]], [:],
        ] as [JSON])
    func aTicketGoesToAPrivateRepositoryOfTheOrganizationOnly(_ repository: JSON) throws {
        let provider = try FakeProvider { request in
            request.method + " " + request.target == "GET /repos/acme/ops" ? .json(repository) : nil
        }
        let target = try ActionTarget("m1", for: .createTicket, by: GitHub.self, ["repository": "ops"])
        let error = #expect(throws: ConnectorError.self) {
            try ConnectorCase.github.connect(provider).perform(.createTicket, on: target)
        }
        #expect(error?.kind == "configuration_invalid")
        #expect(provider.requests.count == 1 && provider.unexpected.isEmpty)
    }

    /// An account may have a name that looks like a credential's id.
    @Test("Only a credential can be rotated") func onlyACredentialIsRotated() throws {
        let provider = try FakeProvider { _ in .init(204) }
        let connector = try ConnectorCase.github.connect(provider)
        for target in [
            ActionTarget(actionID: .random(), externalID: "credential/1"),
            ActionTarget(actionID: .random(), .key, externalID: "DK_1"),
        ] {
            #expect(throws: ConnectorError.self) { try connector.perform(.rotateCredentials, on: target) }
        }
        #expect(provider.requests.isEmpty)
    }
}
