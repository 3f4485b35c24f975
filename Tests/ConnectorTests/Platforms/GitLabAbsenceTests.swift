import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct GitLabAbsenceTests {
    /// Syncs the group, all of whose projects show their members.
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence {
        try Absence(.gitlab) { request, reply in
            answer(request, reply) ?? (request.path == "/api/v4/projects/91/members" ? .json([]) : nil)
        }
    }

    private static let group = "/api/v4/groups/acme%2Fmain"

    @Test(
        "An unreadable member protects its own record, or all records if it has no id",
        arguments: [
            (.null, []), (["username": "x"], []), (["id": 248], ["account/249"]),
            (["id": 248, "state": "active"], ["account/249"]),
        ] as [(JSON, Set<String>)])
    func members(_ entry: JSON, _ gone: Set<String>) throws {
        let absence = try sync { request, reply in
            request.path == Self.group + "/members/all"
                ? reply.entries(nil) { $0.map { $0["id"] == 248 ? entry : $0 }.filter { $0["id"] != 249 } } : nil
        }
        #expect(absence.gone == gone)
    }

    @Test(
        "If the details of users are refused, they stay for all, and the report names them",
        arguments: [401, 403, 404, 405, 500])
    func details(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == Self.group + "/enterprise_users" ? .json(["message": "no"], status: status) : nil
        }
        #expect(absence.leftOut.contains("details of users") && absence.gone == [])
        #expect(absence.accounts.values.allSatisfy { $0.unread == GitLabRecords.detailFields })
    }

    @Test("One user's unreadable details stay; details without an id protect all users who were not read")
    func unreadableDetails() throws {
        func sync(_ entry: JSON) throws -> [String: AccountRecord] {
            try self.sync { request, reply in
                request.path == Self.group + "/enterprise_users"
                    ? reply.entries(nil) { $0.map { $0["id"] == 0 ? entry : $0 } } : nil
            }.accounts
        }
        let one = try sync(["id": 0])
        #expect(one["0"]?.unread == GitLabRecords.detailFields && one["1"]?.unread == [] && one["4"]?.unread == [])
        let all = try sync(nil)
        #expect(all["0"]?.unread == GitLabRecords.detailFields && all["1"]?.unread == [])
        #expect(all["4"]?.unread == GitLabRecords.detailFields)
    }

    @Test("Fields that are missing in a user's details keep their stored values") func missingFields() throws {
        let absence = try sync { request, reply in
            guard request.path == Self.group + "/enterprise_users" else { return nil }
            return reply.entries(nil) { $0.map { $0.with(["email": nil, "two_factor_enabled": nil]) } }
        }
        #expect(absence.accounts["0"]?.unread == [.email, .mfaEnabled])
    }

    /// GitLab writes null for an address that is not confirmed, so null is an answer. A missing or malformed time is
    /// not an answer.
    @Test(
        "An address counts as confirmed only if GitLab says so, and as unconfirmed only with null",
        arguments: [(nil, true), (.null, false), (7, true), ("yes", true)] as [(JSON?, Bool)])
    func confirmation(_ word: JSON?, _ isUnread: Bool) throws {
        let absence = try sync { request, reply in
            switch request.path {
            case Self.group + "/enterprise_users":
                reply.entries(nil) { users in
                    users.map { user in
                        var members = user.object ?? [:]
                        members["confirmed_at"] = word
                        return .object(members)
                    }
                }
            default: nil
            }
        }
        let account = absence.accounts["0"]
        #expect(account?.email == nil && account?.unread == (isUnread ? [.email] : []) && absence.gone == [])
        #expect(account?.unverifiedEmail == (isUnread ? nil : "u0@acme.com"))
    }

    @Test("A list of members does not make an address confirmed that the details call unconfirmed")
    func unconfirmedMember() throws {
        let absence = try sync { request, reply in
            request.path == Self.group + "/members/all"
                ? reply.entries(nil) { $0.map { $0.with(["email": "u1@acme.com"]) } } : nil
        }
        #expect(absence.accounts["1"]?.email == nil && absence.accounts["1"]?.unverifiedEmail == "u1@acme.com")
        #expect(absence.accounts["249"]?.email == "u1@acme.com")
    }

    @Test("A member without an access level keeps the stored role") func accessLevel() throws {
        let absence = try sync { request, reply in
            request.path == Self.group + "/members/all"
                ? reply.entries(nil) { $0.map { $0.with(["access_level": nil]) } } : nil
        }
        #expect(absence.accounts["0"]?.isAdmin == nil && absence.accounts["0"]?.unread == [.metadata])
    }

    @Test("No account is gone if the members of a project or subgroup can't be read", arguments: [401, 403, 404, 500])
    func membersOfProjects(_ status: Int) throws {
        for (path, name) in [("projects/90", "project members"), ("groups/8", "subgroup members")] {
            let absence = try sync { request, _ in
                request.path == "/api/v4/\(path)/members" ? .json(["message": "no"], status: status) : nil
            }
            #expect(absence.gone == [])
            #expect(absence.leftOut.contains(name) == (status != 404))
        }
    }

    @Test("The deploy keys of one project stay if they can't be read", arguments: [401, 403, 404, 500])
    func deployKeys(_ status: Int) throws {
        let absence = try sync { request, _ in
            switch request.path {
            case "/api/v4/projects/91/deploy_keys": .json(["message": "no"], status: status)
            case "/api/v4/projects/92/deploy_keys": .json([])
            default: nil
            }
        }
        #expect(absence.gone == ["accessKey/project/92/1"])
    }

    @Test("An unreadable deploy key or project protects the keys that it may hide", arguments: [true, false])
    func unreadableKeys(_ isKey: Bool) throws {
        let absence = try sync { request, reply in
            switch request.path {
            case "/api/v4/projects/92/deploy_keys": isKey ? .json([nil]) : .json([])
            case Self.group + "/projects": isKey ? nil : reply.entries(nil) { $0.map { $0["id"] == 93 ? nil : $0 } }
            case "/api/v4/projects/94/deploy_keys": isKey ? .json([]) : nil
            default: nil
            }
        }
        #expect(absence.gone == (isKey ? ["accessKey/project/94/1"] : []))
    }

    @Test("A refused list protects only its own keys", arguments: [401, 403, 404, 500])
    func keys(_ status: Int) throws {
        let absence = try sync { request, _ in
            switch request.path {
            case "/api/v4/personal_access_tokens": .json(["message": "no"], status: status)
            case "/api/v4/projects/92/deploy_keys": .json([])
            default: nil
            }
        }
        #expect(absence.leftOut.contains("tokens") && absence.gone == ["accessKey/project/92/1"])
        let other = try sync { request, _ in
            switch request.path {
            case Self.group + "/projects": .json(["message": "no"], status: status)
            default: nil
            }
        }
        #expect(other.leftOut.isSuperset(of: ["deploy keys", "project members"]))
        #expect(other.gone == [])
    }

    @Test("If the log is refused, it is left out", arguments: [401, 403, 404, 500])
    func log(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.path == Self.group + "/audit_events" ? .json(["message": "no"], status: status) : nil
        }
        #expect(absence.leftOut.contains("events") && absence.accounts.count == 254)
    }
}
