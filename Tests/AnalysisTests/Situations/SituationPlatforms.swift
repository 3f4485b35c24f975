import Base
import TestSupport

/// The company's GitLab, Jira, JumpCloud and OneLogin, which only companies in a situation use.
extension CompanyTenant {
    /// Answers a request to GitLab, where all people are members of one group and enterprise users.
    @Sendable func gitLab(_ request: Request) -> Reply? {
        guard request.headers["PRIVATE-TOKEN"] == "glpat-gitLabToken", request.method == "GET" else { return nil }
        let path = request.path.dropFirst("/api/v4".count)
        func page(_ items: [JSON]) -> Reply {
            .json(.array((request.parameter("page") ?? "1") == "1" ? items : []))
        }
        switch path {
        case "/user": return .json(["id": 1])
        case "/groups/company": return .json(["id": 7, "full_path": "company"])
        case "/groups/company/projects": return page(changed("gitlab projects", []))
        case "/groups/company/descendant_groups": return page([])
        case "/groups/company/members/all": return page(changed("gitlab members", gitLabUsers(isMember: true)))
        case "/groups/company/enterprise_users": return page(changed("gitlab users", gitLabUsers(isMember: false)))
        case "/personal_access_tokens": return page(changed("gitlab tokens", []))
        case "/groups/company/audit_events":
            let after = request.parameter("created_after").flatMap { Timestamp($0) } ?? Company.now
            return .json(.array(log("gitlab log", since: after)))
        default:
            if path.hasPrefix("/projects/"), path.hasSuffix("/members") {
                return page(changed("gitlab project members", []))
            }
            return path.hasSuffix("/deploy_keys") ? page([]) : nil
        }
    }

    private func gitLabUsers(isMember: Bool) -> [JSON] {
        people.map { person in
            var user: [String: JSON] = [
                "id": .integer(100 + person.number), "username": .string("dev\(person.number)"),
                "name": .string(person.name), "state": "active",
            ]
            let details: [String: JSON] =
                isMember
                ? ["access_level": .integer(person.has(.superAdmin) ? 50 : 30)]
                : [
                    "email": .string(person.email), "confirmed_at": .string(person.created.description),
                    "created_at": .string(person.created.description), "two_factor_enabled": true,
                    "last_activity_on": .string(String(clock.now.description.prefix(10))), "external": false,
                ]
            user.merge(details) { $1 }
            return .object(user)
        }
    }

    /// Answers a request to Jira.
    @Sendable func jira(_ request: Request) -> Reply? {
        guard request.headers["Authorization"]?.hasPrefix("Basic ") == true, request.method == "GET" else { return nil }
        let from = (request.parameter("startAt") ?? request.parameter("offset")).flatMap { Int($0) } ?? 0
        switch request.path {
        case "/rest/api/3/myself": return .json(["accountId": "j1"])
        case "/rest/api/3/users/search":
            let users: [JSON] = people.map { person in
                [
                    "accountId": .string("j\(person.number)"), "accountType": "atlassian", "active": true,
                    "displayName": .string(person.name), "emailAddress": .string(person.email),
                ]
            }
            return .json(Self.part(changed("jira users", users), from: from, most: 50).items)
        case "/rest/api/3/group/member":
            guard request.parameter("groupname") == "jira-admins-company" else {
                return .json(["errorMessages": ["The group does not exist."]], status: 404)
            }
            return .json(["isLast": true, "values": [["accountId": "j1"], ["accountId": "j2"]]])
        case "/rest/api/3/auditing/record":
            let start = request.parameter("from").flatMap { Timestamp($0) } ?? Company.now
            return .json(["records": Self.part(log("jira log", since: start), from: from, most: 200).items])
        default: return nil
        }
    }

    /// Answers a request to JumpCloud, with a computer for each person.
    @Sendable func jumpCloud(_ request: Request) -> Reply? {
        guard request.headers["x-api-key"] == "jumpCloudKey" else { return nil }
        let from = request.parameter("skip").flatMap { Int($0) } ?? 0
        func page(_ items: [JSON]) -> Reply {
            .json([
                "totalCount": .integer(items.count), "results": Self.part(items, from: from, most: 100).items,
            ])
        }
        switch request.method + " " + request.path {
        case "GET /api/organizations": return page([["id": "o1"]])
        case "GET /api/systemusers":
            let users: [JSON] = people.map { person in
                [
                    "_id": .string(person.id), "username": .string("user\(person.number)"),
                    "email": .string(person.email), "displayname": .string(person.name), "state": "ACTIVATED",
                    "suspended": false, "created": .string(person.created.description),
                    "mfaEnrollment": ["overallStatus": "ENROLLED"],
                ]
            }
            return page(changed("jumpcloud users", users))
        case "GET /api/applications":
            return page([["_id": "app1", "displayLabel": "Slack", "sso": ["type": "saml"]]])
        case "GET /api/v2/applications/app1/users":
            return .json(.array(from == 0 ? people.map { ["id": .string($0.id), "type": "user"] } : []))
        case "GET /api/systems":
            let systems: [JSON] = computers(at: clock.now).map { computer in
                [
                    "_id": .string("s-\(computer.name)"), "hostname": .string(computer.name), "osFamily": "darwin",
                    "osVersionDetail": ["version": "15.4"], "fde": ["active": true],
                    "serialNumber": .string(computer.serial), "lastContact": .string(computer.seen.description),
                    "primarySystemUser": ["id": .string(computer.owner?.id ?? "")],
                ]
            }
            return page(changed("jumpcloud systems", systems))
        case "POST /insights/directory/v1/events":
            let start = request.json["start_time"]?.string.flatMap { Timestamp($0) } ?? Company.now
            return .json(.array(log("jumpcloud log", since: start)))
        default: return nil
        }
    }

    /// Answers a request to OneLogin.
    @Sendable func oneLogin(_ request: Request) -> Reply? {
        if request.path == "/auth/oauth2/v2/token" {
            return .json(["access_token": "t1", "token_type": "bearer", "expires_in": 36_000])
        }
        guard request.headers["Authorization"] == "Bearer t1", request.method == "GET" else { return nil }
        switch request.path {
        case "/api/2/users":
            let last = lastSignIns()
            let users: [JSON] = people.map { person in
                [
                    "id": .integer(100 + person.number), "username": .string("user\(person.number)"),
                    "email": .string(person.email), "firstname": .string(person.name), "status": 1, "state": 1,
                    "created_at": .string(person.created.description),
                    "last_login": last[person.number].map { .string($0.description) } ?? .null,
                ]
            }
            return .json(.array(changed("onelogin users", users)))
        case "/api/1/privileges": return .json([["id": "super", "name": "Super user"]])
        case "/api/1/privileges/super/users": return .json(["users": [101, 102], "afterCursor": .null])
        case "/api/1/privileges/super/roles": return .json(["roles": [], "afterCursor": .null])
        case "/api/2/apps": return .json([["id": 1, "name": "Slack", "auth_method": 2]])
        case "/api/2/apps/1/users": return .json(.array(people.map { ["id": .integer(100 + $0.number)] }))
        case "/api/1/events/types": return .json(["data": [["id": 5, "name": "USER_LOGGED_INTO_ONELOGIN"]]])
        case "/api/1/events":
            let start = request.parameter("since").flatMap { Timestamp($0) } ?? Company.now
            return .json([
                "data": .array(log("onelogin log", since: start)), "pagination": ["after_cursor": .null],
            ])
        default:
            return request.path.hasPrefix("/api/2/mfa/users/")
                ? .json(.array(changed("onelogin factors \(request.path.split(separator: "/")[4])", [["id": 1]]))) : nil
        }
    }
}
