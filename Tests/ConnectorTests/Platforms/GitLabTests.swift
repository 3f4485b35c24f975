import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let gitlab = ConnectorCase(
        connector: GitLab.self, config: ["group_id": "acme/main", "token": "glpat-secretToken"],
        org: { GitLabGroup.answer($0, isEmpty: false) }, emptyOrg: { GitLabGroup.answer($0, isEmpty: true) },
        isPage: { $0.path == "/api/v4/groups/acme%2Fmain/members/all" },
        throttled: { .init(429, headers: ["Retry-After": "1"], text: "Retry later\n") },
        refused: .json(["message": "401 Unauthorized"], status: 401), renewsTokens: false,
        counts: ["account": 254, "accessKey": 504, "auditEvent": GitLabGroup.windows * 5])

    /// The group of `gitlab`, on a server of the customer's own.
    static let gitlabServer = ConnectorCase(
        connector: GitLab.self,
        config: ["group_id": "7", "token": "glpat-secretToken", "base_url": "https://git.acme.com"],
        org: { _ in nil }, emptyOrg: { _ in nil }, isPage: { _ in false }, throttled: { .init(429) },
        refused: .init(401), renewsTokens: false, counts: [:])
}

/// A group as GitLab's API shows it: numbered pages have the requested size, others have two items.
enum GitLabGroup {
    /// The number of requests, for 30 days each, that cover the log up to today.
    static var windows: Int { (Timestamp.now.seconds - 1_775_000_000) / (30 * 86_400) + 1 }

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.method == "GET", request.headers["PRIVATE-TOKEN"] == "glpat-secretToken",
            request.headers["Host"] == "gitlab.com"
        else { return nil }
        let group = "/api/v4/groups/acme%2Fmain"
        let isKeyset = request.parameter("pagination") == "keyset"
        switch request.path {
        case "/api/v4/user": return .json(["id": 1])
        case group: return .json(["id": 7])
        case group + "/members/all": return numbered(request, isEmpty ? [] : (0..<250).map(member))
        // The documentation of the list of enterprise users has only the parameters of numbered pages.
        case group + "/enterprise_users" where !isKeyset && request.parameter("order_by") == nil:
            return isEmpty
                ? .json(["message": "404 Not found"], status: 404)
                : numbered(request, (0..<4).map(enterpriseUser) + (1_000..<1_120).map(enterpriseUser))
        case "/api/v4/personal_access_tokens" where request.parameter("state") == "active":
            return numbered(request, isEmpty ? [] : (0..<250).map(token))
        case group + "/projects" where request.parameter("include_subgroups") == "true":
            return numbered(
                request,
                isEmpty ? [] : (0..<250).map { ["id": .integer(90 + $0), "path": .string("project\($0)")] })
        case group + "/descendant_groups": return numbered(request, isEmpty ? [] : [["id": 8], ["id": 9]])
        case "/api/v4/projects/90/members": return page(request, [300, 301, 302].map(member))
        case "/api/v4/projects/91/members": return .json(["message": "403 Forbidden"], status: 403)
        case "/api/v4/groups/8/members": return page(request, [member(400)])
        case _ where request.path.hasSuffix("/members"): return page(request, [])
        case _ where request.path.hasSuffix("/deploy_keys"):
            if request.path == "/api/v4/projects/95/deploy_keys" { return .json(["message": "403"], status: 403) }
            if request.path == "/api/v4/projects/91/deploy_keys" {
                return page(request, (1...5).map { ["id": .integer($0)] })
            }
            let isFirst = request.path == "/api/v4/projects/90/deploy_keys"
            let keys: [JSON] = isFirst ? [["id": 1, "title": "CI", "can_push": true], ["id": 2]] : [["id": 1]]
            return .json(.array(keys))
        case group + "/audit_events" where isKeyset:
            guard let from = request.parameter("created_after").flatMap({ Timestamp($0) }),
                let end = request.parameter("created_before").flatMap({ Timestamp($0) }),
                end.seconds - from.seconds == 30 * 86_400
            else { return nil }
            let events = (0..<5).map { event($0, from) }
            return isEmpty ? .json(["message": "403 Forbidden"], status: 403) : page(request, events)
        default: return nil
        }
    }

    private static func numbered(_ request: FakeProvider.Request, _ items: [JSON]) -> FakeProvider.Reply? {
        ConnectorCase.numberedPage(request, items, at: "https://gitlab.com")
    }

    private static func page(_ request: FakeProvider.Request, _ items: [JSON]) -> FakeProvider.Reply? {
        guard request.parameter("per_page") == "100" else { return nil }
        let from = request.parameter("page").flatMap { Int($0) } ?? 0
        var reply = FakeProvider.Reply.json(.array(Array(items[min(from, items.count)..<min(from + 2, items.count)])))
        if from + 2 < items.count {
            let target = request.target.split(separator: "&").filter { !$0.hasPrefix("page=") }.joined(separator: "&")
            reply.headers["Link"] = "<https://gitlab.com\(target)&page=\(from + 2)>; rel=\"next\""
        }
        return reply
    }

    private static func member(_ number: Int) -> JSON {
        [
            "id": .integer(number), "username": number == 5 ? "group_7_bot_1a2b" : .string("user\(number)"),
            "name": .string("User \(number)"), "state": number == 3 ? "blocked" : "active",
            "access_level": .integer(number < 5 ? [50, 40, 30, 20, 10][number] : number < 300 ? 30 : 50),
            "created_at": "2025-09-01T00:00:00Z",
            "group_saml_identity": number == 4 ? ["extern_uid": "U4@acme.com", "provider": "group_saml"] : .null,
        ]
    }

    private static func enterpriseUser(_ number: Int) -> JSON {
        [
            "id": .integer(number), "username": .string("user\(number)"), "name": .string("User \(number)"),
            "state": "active", "email": .string("U\(number)@acme.com"), "external": .bool(number == 2),
            "confirmed_at": number == 1 ? .null : "2024-01-01T00:00:00Z", "created_at": "2023-05-06T00:00:00Z",
            "two_factor_enabled": .bool(number == 0),
            "last_sign_in_at": "2026-02-01T00:00:00Z", "last_activity_on": "2026-03-01", "job_title": "Engineer",
            "scim_identities": number == 0 ? [["extern_uid": "Ada@acme.com", "active": true]] : [],
        ]
    }

    private static func token(_ number: Int) -> JSON {
        [
            "id": .integer(500 + number), "name": "ci", "user_id": .integer(number), "active": true, "revoked": false,
            "scopes": number == 0 ? ["read_api"] : ["api"], "expires_at": number == 0 ? "2026-12-01" : .null,
        ]
    }

    private static func event(_ number: Int, _ from: Timestamp) -> JSON {
        let details: JSON =
            switch number {
            case 0: ["custom_message": "Signed in with GROUP_SAML authentication", "with": "group_saml"]
            case 1: ["custom_message": "Signed in with STANDARD authentication", "with": "standard"]
            default: ["change": "access_level", "from": "Developer", "to": "Owner", "target_details": "Ada"]
            }
        return [
            "id": .integer(from.seconds + number), "author_id": 1, "created_at": "2026-04-02T10:00:00.123Z",
            "event_name": "member_updated", "details": details,
        ]
    }
}

@Suite struct GitLabTests {
    private let target = ActionTarget(actionID: .random(), externalID: "9")

    @Test("Members, tokens, keys and events are mapped to our records") func mapsWhatGitLabSays() throws {
        let provider = try FakeProvider(ConnectorCase.gitlab.org)
        let connector = try ConnectorCase.gitlab.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        #expect(accounts["0"]?.metadata == ["role": "owner"])
        #expect(accounts["0"]?.isAdmin == true)
        #expect(accounts["0"]?.mfaEnabled == true)
        #expect(accounts["0"]?.email == "u0@acme.com")
        #expect(accounts["0"]?.linkedEmails == ["ada@acme.com"])
        #expect(accounts["0"]?.lastLoginAt?.description == "2026-03-01T00:00:00Z")
        #expect(accounts["1"]?.isAdmin == true)
        #expect(accounts["1"]?.email == nil)
        #expect(accounts["1"]?.unverifiedEmail == "u1@acme.com")
        #expect(accounts["2"]?.kind == .external)
        #expect(accounts["2"]?.metadata == ["role": "developer"])
        #expect(accounts["3"]?.status == .suspended)
        #expect(accounts["4"]?.mfaEnabled == nil)
        #expect(accounts["4"]?.linkedEmails == ["u4@acme.com"])
        #expect(accounts["5"]?.kind == .serviceAccount)
        let byKey = records.byKey
        guard case .accessKey(let reader)? = byKey["accessKey/token/500"],
            case .accessKey(let writer)? = byKey["accessKey/token/501"],
            case .accessKey(let deployKey)? = byKey["accessKey/project/90/1"],
            case .auditEvent(let signIn)? = byKey["auditEvent/1775000000"],
            case .auditEvent(let direct)? = byKey["auditEvent/1775000001"],
            case .auditEvent(let grant)? = byKey["auditEvent/1775000002"]
        else {
            Issue.record("a record is missing")
            return
        }
        #expect(!reader.canWrite && reader.expiresAt?.description == "2026-12-01T00:00:00Z")
        #expect(writer.canWrite && writer.expiresAt == nil && writer.accountExternalID == "1")
        #expect(deployKey.canWrite && deployKey.name == "project0 (CI)" && deployKey.kind == .deployKey)
        #expect(signIn.details == ["method": "sso"] && signIn.eventType == EventType.platformSignIn)
        #expect(direct.details == ["method": "password"])
        #expect(grant.eventType == EventType.privilegeGranted && grant.target == "Ada")
    }

    /// The date in the list of members is that of the membership.
    @Test("An account's dates come from the user, not from the membership") func datesAreTheUsersOwn() throws {
        let provider = try FakeProvider(ConnectorCase.gitlab.org)
        let connector = try ConnectorCase.gitlab.connect(provider)
        let accounts = try pull { connector }.accounts
        #expect(accounts["0"]?.createdAt?.description == "2023-05-06T00:00:00Z")
        #expect(accounts["4"]?.createdAt == nil && accounts["300"]?.createdAt == nil)
    }

    /// The group's own list leaves out users who are only in a project or a subgroup.
    @Test("Members of a single project are pulled too") func membersOfOneProjectAreSeen() throws {
        let provider = try FakeProvider { request in
            guard request.path == "/api/v4/projects/92/members" else {
                return GitLabGroup.answer(request, isEmpty: false)
            }
            return .json([
                ["id": 0, "username": "user0", "state": "active", "access_level": 10],
                ["id": 300, "username": "user300", "state": "active", "access_level": 10],
            ])
        }
        let connector = try ConnectorCase.gitlab.connect(provider)
        let accounts = try pull { connector }.accounts
        for id in ["300", "301", "302", "400"] {
            #expect(accounts[id]?.metadata == ["role": "project"])
            // An owner of a project is not an owner of the group.
            #expect(accounts[id]?.isAdmin == false && accounts[id]?.adminRoles == [])
        }
        // The group has more details about a user who is in both, so it is read last.
        #expect(accounts["0"]?.metadata == ["role": "owner"] && accounts["0"]?.isAdmin == true)
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "An event without a name gets one from its details",
        arguments: [
            (["event_name": "member_created"], "member_created"),
            (["event_type": "project_archived"], "project_archived"),
            (["details": ["event_name": "ssh_key_added", "custom_message": "Added SSH key"]], "ssh_key_added"),
            (["details": ["custom_message": "Project archived"]], "Project archived"),
            (["details": ["change": "visibility", "from": "Private", "to": "Public"]], "change visibility"),
            (["details": ["add": "project"]], "add project"),
            (["details": ["remove": "user_access"]], "remove user_access"),
            ([:], "event"),
        ] as [([String: JSON], String)])
    func anEventWithoutANameTellsWhatWasDone(_ members: [String: JSON], _ name: String) throws {
        let entry: [String: JSON] = [
            "id": 7, "author_id": 1, "entity_id": 5, "entity_type": "Project",
            "created_at": "2026-04-02T10:00:00.123Z", "details": [:],
        ]
        guard case .auditEvent(let event)? = GitLabRecords.event(.object(entry.merging(members) { $1 })).record else {
            Issue.record("no event")
            return
        }
        #expect(event.eventType == name)
    }

    /// Administrators can turn off another user's second factor.
    @Test("A removed second factor is attributed to the user who lost it") func namesWhoseSecondFactorIsGone() throws {
        let entry: [String: JSON] = [
            "id": 7, "author_id": 1, "entity_id": 5, "entity_type": "User", "created_at": "2026-04-02T10:00:00.123Z",
            "event_name": "user_disable_two_factor", "details": ["author_name": "Admin", "target_details": "Ada"],
        ]
        guard case .auditEvent(let event)? = GitLabRecords.event(.object(entry)).record,
            case .auditEvent(let ofGroup)? = GitLabRecords.event(
                .object(entry.merging(["entity_type": "Group"]) { $1 })
            ).record
        else {
            Issue.record("no event")
            return
        }
        #expect(event.eventType == EventType.factorRemoved && event.actorExternalID == "5")
        #expect(ofGroup.actorExternalID == nil)
    }

    /// The answer has the end of the limit only in RateLimit-Reset, and its body is not JSON.
    @Test("GitLab's rate limit is read from its own header field") func readsEveryLimit() throws {
        let provider = try FakeProvider(ConnectorCase.gitlab.org)
        let reset = String(Timestamp.now.seconds)
        provider.fail(.init(429, headers: ["RateLimit-Reset": reset], text: "Retry later\n"))
        try ConnectorCase.gitlab.connect(provider).check()
        #expect(provider.requests.count == 3)
    }

    @Test("An unknown group is a configuration error") func anUnknownGroupIsAMistake() throws {
        let provider = try FakeProvider(ConnectorCase.gitlab.org)
        provider.fail(.json(["message": "404 Group Not Found"], status: 404), after: 1)
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.gitlab.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }

    @Test(
        "Only HTTPS servers with a host name are accepted",
        arguments: [
            "http://git.acme.com", "https://git.acme.com/x", "https://127.0.0.1", "https://a@b.com", "git.acme.com",
        ])
    func takesOnlyServersByName(_ url: String) {
        var config = ConnectorCase.gitlab.config
        config["base_url"] = .string(url)
        #expect(throws: CredentialErrors.self) { try Credentials(config, GitLab.fields) }
    }

    @Test(
        "Each action sends the documented request",
        arguments: [
            (false, ActionType.suspendUser, "POST /api/v4/users/9/block"),
            (false, .unsuspendUser, "POST /api/v4/users/9/unblock"),
            (true, .suspendUser, "DELETE /api/v4/groups/acme%2Fmain/members/9"),
            (true, .removeFromGroup, "DELETE /api/v4/groups/acme%2Fmain/members/9"),
            (false, .deactivateUser, "DELETE /api/v4/groups/7/members/9"),
            (true, .removeAdminRole, "PUT /api/v4/groups/acme%2Fmain/members/9?access_level=30"),
        ])
    func acts(_ isShared: Bool, _ action: ActionType, _ expected: String) throws {
        let provider = try FakeProvider { $0.method + " " + $0.target == expected ? .json([:], status: 201) : nil }
        let connector = try (isShared ? ConnectorCase.gitlab : .gitlabServer).connect(provider)
        #expect(try connector.perform(action, on: target)["platform"] == "gitlab")
        #expect(GitLab.actions.contains(action))
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "Each kind of key is revoked",
        arguments: [
            ("token/500", "/api/v4/personal_access_tokens/500"), ("project/90/1", "/api/v4/projects/90/deploy_keys/1"),
        ])
    func endsKeys(_ id: String, _ path: String) throws {
        let provider = try FakeProvider { request in
            guard request.path == path else { return nil }
            return request.method == "DELETE" ? .init(204) : .json(["id": 500, "revoked": false])
        }
        let connector = try ConnectorCase.gitlab.connect(provider)
        let key = ActionTarget(actionID: .random(), .key, externalID: id)
        #expect(try connector.outcome(of: .rotateCredentials, on: key) == .notDone)
        _ = try connector.perform(.rotateCredentials, on: key)
        #expect(provider.unexpected.isEmpty)
        provider.fail(.json(["message": "404 Not found"], status: 404))
        let done = ActionOutcome.done(["platform": "gitlab", "external_id": .string(id)])
        #expect(try connector.outcome(of: .rotateCredentials, on: key) == done)
        for name in ["500", id] {
            let account = ActionTarget(actionID: .random(), externalID: name)
            let error = #expect(throws: ConnectorError.self) { try connector.perform(.rotateCredentials, on: account) }
            #expect(error?.kind == "configuration_invalid")
        }
    }

    @Test("The outcome of an action on a user is read from GitLab") func seesWhatBecameOfPeople() throws {
        let provider = try FakeProvider { request in
            switch request.path {
            case "/api/v4/users/9": .json(["id": 9, "state": "blocked"])
            case "/api/v4/groups/acme%2Fmain/members/9": .json(["message": "404 Not found"], status: 404)
            default: nil
            }
        }
        let done = ActionOutcome.done(["platform": "gitlab", "external_id": "9"])
        let server = try ConnectorCase.gitlabServer.connect(provider)
        #expect(try server.outcome(of: .suspendUser, on: target) == done)
        #expect(try server.outcome(of: .unsuspendUser, on: target) == .notDone)
        #expect(try ConnectorCase.gitlab.connect(provider).outcome(of: .suspendUser, on: target) == done)
        let alone = #expect(throws: ConnectorError.self) {
            try ConnectorCase.gitlab.connect(provider).perform(.unsuspendUser, on: target)
        }
        #expect(alone?.kind == "configuration_invalid")
    }

    /// GitLab shows a non-administrator the tokens of the token's own user, whichever user was asked for.
    @Test("Only the target's own tokens are revoked") func revokesNobodyElsesTokens() throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.path {
            case "GET /api/v4/personal_access_tokens": .json([["id": 1, "user_id": 1], ["id": 2, "user_id": 9]])
            case "DELETE /api/v4/personal_access_tokens/2": .init(204)
            default: nil
            }
        }
        _ = try ConnectorCase.gitlab.connect(provider).perform(.revokeAllTokens, on: target)
        #expect(provider.requests.map(\.method) == ["GET", "DELETE"])
        #expect(provider.unexpected.isEmpty)
    }

    @Test("The tokens on every page are revoked") func revokesTheTokensOfEveryPage() throws {
        let list = "/api/v4/personal_access_tokens?user_id=9&state=active&per_page=100"
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET " + list:
                .json(
                    [["id": 1, "user_id": 9]], headers: ["Link": "<https://gitlab.com\(list)&page=2>; rel=\"next\""])
            case "GET " + list + "&page=2": .json([["id": 2, "user_id": 9]])
            case "DELETE /api/v4/personal_access_tokens/1", "DELETE /api/v4/personal_access_tokens/2": .init(204)
            default: nil
            }
        }
        _ = try ConnectorCase.gitlab.connect(provider).perform(.revokeAllTokens, on: target)
        #expect(provider.requests.map(\.method) == ["GET", "GET", "DELETE", "DELETE"])
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A ticket that was already created is found again") func findsItsTicketAgain() throws {
        let target = try ActionTarget("9", for: .createTicket, by: GitLab.self, ["project": "acme/main/ops"])
        let label = "thalian-\(target.actionID)"
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /api/v4/projects/acme%2Fmain%2Fops":
                .json(["id": 7, "path_with_namespace": "acme/main/ops", "visibility": "private"])
            case "GET /api/v4/groups/acme%2Fmain": .json(["id": 1, "full_path": "acme/main"])
            case "POST /api/v4/projects/7/issues":
                request.json.text("labels") == label ? .json(["id": 100, "iid": 3], status: 201) : nil
            case "GET /api/v4/projects/acme%2Fmain%2Fops/issues?labels=\(label)&scope=all&state=all":
                .json([["iid": 3]])
            default: nil
            }
        }
        let connector = try ConnectorCase.gitlab.connect(provider)
        let ticket: JSON = ["platform": "gitlab", "ticket": "3"]
        #expect(try connector.perform(.createTicket, on: target) == ticket)
        #expect(try connector.outcome(of: .createTicket, on: target) == .done(ticket))
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "A ticket goes only to a private project of the group",
        arguments: [
            (["id": 7, "path_with_namespace": "Acme/Main/ops", "visibility": "private"], true),
            (["id": 7, "path_with_namespace": "acme/main/sub/ops", "visibility": "internal"], true),
            (["id": 7, "path_with_namespace": "acme/main/ops", "visibility": "public"], false),
            (["id": 7, "path_with_namespace": "acme/mainland/ops", "visibility": "private"], false),
            (["id": 7, "path_with_namespace": "mallory/ops", "visibility": "private"], false), ([:], false),
        ] as [(JSON, Bool)])
    func aTicketGoesToAProjectOfTheGroupOnly(_ project: JSON, _ isMade: Bool) throws {
        let provider = try FakeProvider { request in
            switch request.method + " " + request.target {
            case "GET /api/v4/projects/7": .json(project)
            case "GET /api/v4/groups/acme%2Fmain": .json(["id": 1, "full_path": "acme/main"])
            case "POST /api/v4/projects/7/issues": .json(["iid": 3], status: 201)
            default: nil
            }
        }
        let target = try ActionTarget("9", for: .createTicket, by: GitLab.self, ["project": 7])
        let connector = try ConnectorCase.gitlab.connect(provider)
        #expect(((try? connector.perform(.createTicket, on: target)) != nil) == isMade)
        #expect(provider.requests.contains { $0.method == "POST" } == isMade && provider.unexpected.isEmpty)
    }
}
