import Base
import HTTP
import TestSupport

/// The company's Slack, GitHub, AWS and Zoom.
extension CompanyTenant {
    // MARK: Slack

    /// Answers a request to Slack. Behind an identity provider, Slack knows no second factors.
    @Sendable func slack(_ request: Request) -> Reply? {
        guard request.headers["Authorization"] == "Bearer xoxp-slackToken" else { return nil }
        let isSlack = request.headers["Host"] == "slack.com"
        switch (isSlack, request.method + " " + request.path) {
        case (true, "POST /api/auth.test"): return .json(["ok": true, "team_id": "T1", "user_id": "U1"])
        case (true, "GET /api/users.list"):
            let from = request.parameter("cursor").flatMap { Int($0) } ?? 0
            let page = Self.part(clock.list("slack members", slackMembers), from: from, most: 1_000)
            return .json([
                "ok": true, "members": page.items,
                "response_metadata": ["next_cursor": .string(page.next.map(String.init) ?? "")],
            ])
        case (true, "GET /api/admin.apps.approved.list"):
            return .json(["ok": false, "error": "not_allowed_token_type"])
        case (true, "GET /api/team.integrationLogs"): return .json(["ok": false, "error": "paid_only"])
        case (false, "GET /scim/v2/Users"):
            return .json(["Errors": ["description": "invalid_authentication", "code": 401]], status: 401)
        case (false, "GET /audit/v1/logs"): return .json(["ok": false, "error": "missing_scope"], status: 403)
        default: return nil
        }
    }

    private func slackMembers(_ now: Timestamp) -> [JSON] {
        let isFederated = company.stack != .google
        let people: [JSON] = people.filter { !$0.has(.starterBeforeDayOne) }.map { person in
            // The leaver whose access was not ended has an account here still.
            let isDeleted = person.isEnded(at: now) && person.has(.leaverDisabled)
            return [
                "id": .string("U\(person.number)"), "name": .string(person.name), "real_name": .string(person.name),
                "deleted": .bool(isDeleted), "updated": .integer((person.ended ?? person.created).seconds),
                "is_admin": .bool(person.has(.superAdmin)), "is_owner": .bool(person.has(.superAdmin)),
                "is_bot": false, "has_2fa": .bool(!isFederated),
                "profile": ["email": .string(person.email), "title": .string(person.title)],
            ]
        }
        let others: [JSON] = [
            ("UG1", "Guest Agency", "guest@agency.example", "is_restricted"),
            ("UG2", "Single Guest", "single@agency.example", "is_ultra_restricted"),
            ("UP1", "Partner One", "one@partner.example", "is_stranger"),
            ("UB1", "Build Bot", "", "is_bot"),
        ].map { id, name, email, kind in
            [
                "id": .string(id), "name": .string(name), "real_name": .string(name), "deleted": false,
                "is_admin": false, "is_owner": false, "has_2fa": false, "is_bot": .bool(kind == "is_bot"),
                "is_restricted": .bool(kind == "is_restricted" || kind == "is_ultra_restricted"),
                "is_ultra_restricted": .bool(kind == "is_ultra_restricted"),
                "is_stranger": .bool(kind == "is_stranger"),
                "profile": email.isEmpty ? [:] : ["email": .string(email)],
            ]
        }
        return changed("slack members", people + (company.situation == nil ? others : []))
    }

    // MARK: GitHub

    /// Answers a request to GitHub, whose members keep their addresses private, and which has no single sign-on.
    @Sendable func gitHub(_ request: Request) -> Reply? {
        guard request.headers["Authorization"] == "Bearer ghp_gitHubToken" else { return nil }
        if request.method == "POST", request.path == "/graphql" { return gitHubGraph(request) }
        let members = people.filter { !$0.has(.starterBeforeDayOne) && isGitHubMember($0) }
        switch request.path {
        case "/orgs/company/outside_collaborators" where request.parameter("filter") == "2fa_disabled":
            return .json([])
        case "/orgs/company/outside_collaborators":
            return .json(
                .array(company.situation == nil ? [["id": 2_000, "login": "contractor", "type": "User"]] : []))
        case "/orgs/company/members":
            return .json(
                .array(members.map { ["id": .integer(1_000 + $0.number), "login": .string("dev\($0.number)")] }))
        case "/orgs/company/installations": return .json(["installations": []])
        case "/orgs/company/credential-authorizations":
            let credentials = changed("github credentials", [])
            return credentials.isEmpty ? .json(["message": "Not Found"], status: 404) : .json(.array(credentials))
        case "/orgs/company/audit-log":
            let entries = changed("github log", [])
            return entries.isEmpty ? .json(["message": "Not Found"], status: 404) : .json(.array(entries))
        default: return nil
        }
    }

    private func isGitHubMember(_ person: CompanyPerson) -> Bool {
        guard !person.isEnded(at: clock.now) else { return false }
        return company.stack == .google || company.situation != nil || person.number == 1
            || person.number >= 20 && person.title == "Engineer"
    }

    private func gitHubGraph(_ request: Request) -> Reply? {
        guard let query = request.json.text("query") else { return nil }
        func connection(_ items: [JSON], in member: String) -> JSON {
            [member: .array(items), "pageInfo": ["hasNextPage": false, "endCursor": "end"]]
        }
        let organization: JSON
        if query.contains("viewerCanAdminister") {
            organization = ["viewerCanAdminister": true]
        } else if query.contains("membersWithRole(first:") {
            let members: [JSON] = people.filter(isGitHubMember).map { person in
                [
                    "role": person.number < 2 ? "ADMIN" : "MEMBER", "hasTwoFactorEnabled": true,
                    "node": [
                        "databaseId": .integer(1_000 + person.number), "login": .string("dev\(person.number)"),
                        "name": .null, "createdAt": "2020-01-02T03:04:05Z",
                        "organizationVerifiedDomainEmails": company.situation == nil ? [] : [.string(person.email)],
                    ],
                ]
            }
            organization = ["membersWithRole": connection(changed("github members", members), in: "edges")]
        } else if query.contains("externalIdentities(first:") {
            let names = changed("github names", [])
            organization = [
                "samlIdentityProvider": names.isEmpty
                    ? .null : ["externalIdentities": connection(names, in: "nodes")]
            ]
        } else if query.contains("deployKeys(first:100)") {
            organization = ["repositories": connection(changed("github repositories", []), in: "nodes")]
        } else if query.contains("collaborators(affiliation:OUTSIDE,first:100)") {
            let repository: JSON = [
                "name": "web",
                "collaborators": [
                    "pageInfo": ["hasNextPage": false],
                    "edges": [["permission": "READ", "node": ["login": "contractor"]]],
                ],
            ]
            organization = ["repositories": connection([repository], in: "nodes")]
        } else {
            return nil
        }
        return .json(["data": ["organization": organization]])
    }

    // MARK: AWS

    /// Answers a request to AWS. Two of the IAM users are workloads with keys alone; the third belongs to the leaver
    /// whose access was not ended.
    @Sendable func aws(_ request: Request) -> Reply? {
        func reply(_ action: String, _ result: String) -> Reply {
            .init(text: "<\(action)Response><\(action)Result>\(result)</\(action)Result></\(action)Response>")
        }
        if request.headers["X-Amz-Target"] != nil { return .json(["Events": .array(changed("aws log", []))]) }
        guard let form = request.form, let action = form.values("Action").first else { return nil }
        func list(_ name: String, _ items: [String]) -> Reply {
            reply(
                action,
                "<\(name)>" + items.map { "<member>\($0)</member>" }.joined()
                    + "</\(name)><IsTruncated>false</IsTruncated>")
        }
        let now = clock.now
        // In a small company, no person has left.
        let leavers = company.people.filter { $0.has(.leaverWithAccess) }.map(\.email)
        let users = ["ci-deploy", "terraform"] + leavers
        let user = form.values("UserName").first ?? ""
        switch (action, form.values("Filter.member.1").first) {
        case ("GetCallerIdentity", nil): return reply(action, "<Account>111122223333</Account>")
        case ("GenerateCredentialReport", nil): return reply(action, "<State>COMPLETE</State>")
        case ("GetCredentialReport", nil):
            let isWithout = !changed("aws root without credentials", []).isEmpty
            let report = """
                user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_last_used_date
                <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,\
                \(isWithout ? "N/A,false" : "2024-04-01T10:00:00+00:00,true"),N/A

                """
            return reply(action, "<Content>\(Base64.standard.encode(Array(report.utf8)))</Content>")
        case ("GetAccountSummary", nil):
            let entries = ["AccountPasswordPresent", "AccountAccessKeysPresent"].map {
                "<entry><key>\($0)</key><value>0</value></entry>"
            }
            return reply(action, "<SummaryMap>\(entries.joined())</SummaryMap>")
        case ("ListUsers", nil):
            return list(
                "Users",
                users.map {
                    """
                    <UserName>\($0)</UserName><UserId>AIDA\($0)</UserId><Path>/</Path>\
                    <CreateDate>2024-01-02T03:04:05Z</CreateDate>
                    """
                })
        case ("GetAccountAuthorizationDetails", "LocalManagedPolicy"): return list("Policies", [])
        case ("GetAccountAuthorizationDetails", "Group"): return list("GroupDetailList", [])
        case ("GetAccountAuthorizationDetails", "User"):
            return list(
                "UserDetailList",
                users.map {
                    """
                    <UserName>\($0)</UserName><UserId>AIDA\($0)</UserId><GroupList></GroupList><AttachedManagedPolicies>\
                    <member><PolicyName>ReadOnlyAccess</PolicyName>\
                    <PolicyArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PolicyArn></member></AttachedManagedPolicies>
                    """
                })
        case ("GetAccountAuthorizationDetails", "Role"):
            let issuer = "token.actions.githubusercontent.com"
            let roles = [
                ("OrganizationAccountAccessRole", #"{"AWS":"arn:aws:iam::210987654321:root"}"#, ""),
                (
                    "github-deploy", #"{"Federated":"arn:aws:iam::111122223333:oidc-provider/\#(issuer)"}"#,
                    #","Condition":{"StringLike":{"\#(issuer):sub":"repo:company/*"}}"#
                ), ("thumbnails", #"{"Service":"lambda.amazonaws.com"}"#, ""),
            ]
            return list(
                "RoleDetailList",
                roles.map { name, principal, condition in
                    let policy =
                        #"{"Statement":{"Effect":"Allow","Action":"*","Principal":\#(principal)\#(condition)}}"#
                    return """
                        <RoleName>\(name)</RoleName><RoleId>AROA\(name)</RoleId>\
                        <Arn>arn:aws:iam::111122223333:role/\(name)</Arn><Path>/</Path>\
                        <AssumeRolePolicyDocument>\(PercentEncoding.encode(policy))</AssumeRolePolicyDocument>
                        """
                } + changed("aws roles", []).compactMap(\.string))
        case ("ListMFADevices", nil): return reply(action, "<MFADevices></MFADevices>")
        case ("GetLoginProfile", nil):
            return .init(404, text: "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>")
        case ("ListAccessKeys", nil):
            // The key of terraform was replaced an hour ago; the former one still works.
            let ages = user == "terraform" ? [("OLD", Int.days(80)), ("NEW", Int.hours(1))] : [("KEY", Int.days(20))]
            let keys = ages.filter { Company.now - $0.1 <= now }.map { name, age in
                """
                <member><UserName>\(user)</UserName><AccessKeyId>AKIA\(name)\(user.prefix(4))</AccessKeyId>\
                <Status>Active</Status><CreateDate>\(Company.now - age)</CreateDate></member>
                """
            }
            return reply(
                action, "<AccessKeyMetadata>\(keys.joined())</AccessKeyMetadata><IsTruncated>false</IsTruncated>")
        case ("GetAccessKeyLastUsed", nil):
            return reply(
                action,
                """
                <AccessKeyLastUsed><ServiceName>s3</ServiceName><LastUsedDate>\(now - .hours(1))</LastUsedDate>\
                </AccessKeyLastUsed>
                """)
        default: return nil
        }
    }

    // MARK: Zoom

    /// Answers a request to Zoom. Half of the people have no license there, and some of these never come.
    @Sendable func zoom(_ request: Request) -> Reply? {
        if request.headers["Host"] == "zoom.us", request.path == "/oauth/token" {
            return .json(["access_token": "t1", "token_type": "bearer", "expires_in": 3_599])
        }
        guard request.headers["Authorization"] == "Bearer t1", request.method == "GET" else { return nil }
        if request.path.hasPrefix("/v2/users/") {
            return .json(["id": .string(String(request.path.dropFirst(10))), "login_types": [101]])
        }
        guard request.path == "/v2/users" else { return nil }
        let status = request.parameter("status")
        let users = clock.list("zoom users", zoomUsers).filter { $0["status"]?.string == status }
        let from = request.parameter("next_page_token").flatMap { Int($0) } ?? 0
        let page = Self.part(users, from: from, most: 300)
        return .json(["users": page.items, "next_page_token": .string(page.next.map(String.init) ?? "")])
    }

    private func zoomUsers(_ now: Timestamp) -> [JSON] {
        let users: [JSON] = people.filter { !$0.isEnded(at: now) && !$0.has(.starterBeforeDayOne) }.map { person in
            let isLicensed = person.number % 2 == 0
            // Two of the unlicensed people and one of the others have not come for half a year.
            let isAbsent = [31, 33, 36].contains(person.number)
            return [
                "id": .string("z\(person.number)"), "email": .string(person.email),
                "first_name": .string(person.name), "last_name": "", "type": .integer(isLicensed ? 2 : 1),
                "status": "active", "role_id": .string(person.has(.superAdmin) ? "1" : "2"), "verified": 1,
                "last_login_time": .string((isAbsent ? Company.now - .days(180) : now - .days(2)).description),
                "created_at": .string(person.created.description), "login_types": [101],
            ]
        }
        return changed("zoom users", users)
    }
}
