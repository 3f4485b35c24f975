import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct AWSAbsenceTests {
    /// Syncs an account with replacements in AWS's answers to the API call `action`.
    private func sync(
        _ action: String, of user: String? = nil, filter: String? = nil, _ changes: [(String, String)]
    ) throws -> Absence {
        try sync { request, reply in
            guard Self.isRequest(request, action, of: user, filter: filter) else { return nil }
            var text = String(decoding: reply.body, as: UTF8.self)
            for (old, new) in changes { text = text.replacing(old, with: new) }
            return .init(text: text)
        }
    }

    private func sync(_ action: String, of user: String? = nil, filter: String? = nil, _ error: String) throws
        -> Absence
    {
        try sync { request, _ in
            Self.isRequest(request, action, of: user, filter: filter) ? AWSAccount.error(error, status: 403) : nil
        }
    }

    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence { try Absence(.aws, answer) }

    private static func isRequest(
        _ request: FakeProvider.Request, _ action: String, of user: String?, filter: String?
    ) -> Bool {
        request.form?.values("Action") == [action] && (user == nil || request.form?.values("UserName").first == user)
            && (filter == nil || request.form?.values("Filter.member.1").first == filter)
    }

    // MARK: Parts of single users

    @Test(
        "If one user's part is refused, that user's records stay, and the report names the part",
        arguments: ["AccessDenied", "Other"])
    func oneUser(_ error: String) throws {
        let factors = try sync("ListMFADevices", of: "u1", error)
        #expect(factors.leftOut == ["second factors"] && factors.gone == [])
        #expect(factors.accounts["AIDA1"]?.mfaEnabled == nil && factors.accounts["AIDA1"]?.unread == [.mfaEnabled])
        #expect(factors.accounts["AIDA0"]?.mfaEnabled == false && factors.accounts["AIDA0"]?.unread == [])
        let passwords = try sync("GetLoginProfile", of: "u1", error)
        #expect(passwords.leftOut == ["passwords"] && passwords.accounts["AIDA1"]?.unread == [.metadata])
        #expect(passwords.accounts["AIDA1"]?.metadata == ["kind": "user"])
        let keys = try sync("ListAccessKeys", of: "u1", error)
        #expect(keys.leftOut == ["access keys"] && keys.gone == [])
        #expect(keys.records.filter { $0.key.kind == "accessKey" }.count == 10)
    }

    @Test("An answer without its list is not an empty list") func noList() throws {
        let factors = try sync("ListMFADevices", of: "u1", [("MFADevices", "Others")])
        #expect(factors.accounts["AIDA1"]?.unread == [.mfaEnabled] && factors.leftOut == ["second factors"])
        let keys = try sync("ListAccessKeys", of: "u1", [("AccessKeyMetadata", "Others")])
        #expect(keys.gone == [] && keys.leftOut == ["access keys"])
        let error = #expect(throws: ConnectorError.self) { try sync("ListUsers", [("Users", "Others")]) }
        #expect(error?.kind == "provider_error")
    }

    @Test("A key whose last use is unknown is neither shown nor marked as gone") func lastUse() throws {
        let absence = try sync("GetAccessKeyLastUsed", "AccessDenied")
        #expect(absence.gone == [] && absence.leftOut == ["last uses of access keys"])
        #expect(!absence.records.contains { $0.key.kind == "accessKey" })
    }

    // MARK: Policies and tags

    @Test(
        "Fields from policies and tags stay if these can't be read",
        arguments: ["User", "Group", "LocalManagedPolicy"])
    func details(_ filter: String) throws {
        let absence = try sync("GetAccountAuthorizationDetails", filter: filter, "AccessDenied")
        #expect(absence.leftOut == ["policies and tags"] && absence.gone == [])
        let user = absence.accounts["AIDA0"]
        #expect(user?.isAdmin == nil)
        #expect(user?.unread == [.status, .email, .department, .title, .managerEmail])
    }

    @Test("A user without an entry in the policies keeps the stored fields") func missingDetails() throws {
        let absence = try sync(
            "GetAccountAuthorizationDetails", filter: "User", [("<UserId>AIDA0</UserId>", "")])
        #expect(
            absence.accounts["AIDA0"]?.isAdmin == nil && absence.accounts["AIDA0"]?.unread.contains(.status) == true)
        #expect(absence.accounts["AIDA1"]?.isAdmin == true && absence.accounts["AIDA1"]?.unread == [])
    }

    @Test("A user in a group that can't be read may be an administrator") func missingGroup() throws {
        let absence = try sync("GetAccountAuthorizationDetails", filter: "Group", [("<GroupName>g2</GroupName>", "")])
        #expect(absence.accounts["AIDA1"]?.isAdmin == nil && absence.accounts["AIDA1"]?.unread == [.status])
        #expect(absence.accounts["AIDA2"]?.isAdmin == false)
    }

    // MARK: Lists

    /// Syncs an account whose list of users lacks the user u2. `answer` replaces the answers to other requests.
    private func withoutU2(
        _ answer: @escaping @Sendable (FakeProvider.Request) -> FakeProvider.Reply?
    ) throws -> Absence {
        try sync { request, reply in
            if let other = answer(request) { return other }
            guard Self.isRequest(request, "ListUsers", of: nil, filter: nil) else { return nil }
            let text = String(decoding: reply.body, as: UTF8.self)
            guard let start = text.firstRange(of: "<member><UserName>u2<")?.lowerBound,
                let end = text[start...].firstRange(of: "</member>")?.upperBound
            else { return nil }
            return .init(text: String(text[..<start] + text[end...]))
        }
    }

    @Test("A user who has left is gone, even if the roles or the root user can't be read")
    func otherLists() throws {
        let refused = AWSAccount.error("AccessDenied", status: 403)
        let keys: Set = ["accessKey/AKIAAu2", "accessKey/AKIABu2"]
        let roles = try withoutU2 {
            Self.isRequest($0, "GetAccountAuthorizationDetails", of: nil, filter: "Role") ? refused : nil
        }
        #expect(roles.leftOut == ["roles"] && roles.gone == keys.union(["account/AIDA2"]))
        for action in ["GenerateCredentialReport", "GetCredentialReport"] {
            let root = try withoutU2 { Self.isRequest($0, action, of: nil, filter: nil) ? refused : nil }
            #expect(root.leftOut == ["root"] && root.gone == keys.union(["account/AIDA2"]))
        }
        let report = try withoutU2 {
            Self.isRequest($0, "GetCredentialReport", of: nil, filter: nil)
                ? AWSAccount.reply("GetCredentialReport", "<Content>dXNlcg==</Content>") : nil
        }
        #expect(report.leftOut == ["root"] && report.gone == keys.union(["account/AIDA2"]))
    }

    @Test(
        "An unreadable entry could be any record, so no record is gone",
        arguments: [
            ("ListUsers", "", "<UserId>AIDA0</UserId>"), ("ListUsers", "", "<UserName>u0</UserName>"),
            ("GetAccountAuthorizationDetails", "Role", "<RoleId>AROA0</RoleId>"),
            ("GetAccountAuthorizationDetails", "Role", "<RoleName>r0</RoleName>"),
        ])
    func unreadable(_ action: String, _ filter: String, _ text: String) throws {
        let absence = try sync(action, filter: filter.isEmpty ? nil : filter, [(text, "")])
        #expect(absence.gone == [])
    }

    @Test("A role whose trust policy can't be read keeps its stored metadata") func trust() throws {
        let absence = try sync(
            "GetAccountAuthorizationDetails", filter: "Role", [("AssumeRolePolicyDocument", "Other")])
        #expect(absence.accounts["role/AROA0"]?.unread == [.metadata] && absence.gone == [])
    }

    @Test(
        "A list that is truncated without saying where it continues is an error",
        arguments: ["", "<IsTruncated>maybe</IsTruncated>"])
    func noMarker(_ text: String) {
        let changes = text.isEmpty ? [("Marker", "Other")] : [("<IsTruncated>true</IsTruncated>", text)]
        let error = #expect(throws: ConnectorError.self) { try sync("ListUsers", changes) }
        #expect(error?.kind == "provider_error")
    }

    @Test("If the log fails, it is left out, and the inventory is synced", arguments: [400, 403, 500])
    func log(_ status: Int) throws {
        let absence = try sync { request, _ in
            request.headers["X-Amz-Target"] != nil ? .json(["__type": "InternalError"], status: status) : nil
        }
        #expect(absence.leftOut == ["events"] && absence.gone == [] && absence.accounts.count == 16)
    }

    // MARK: Names

    @Test("A renamed user or role stays the same account") func renaming() throws {
        let absence = try sync { request, reply in
            let text = String(decoding: reply.body, as: UTF8.self)
            return .init(
                reply.status, headers: reply.headers,
                text: text.replacing("<UserName>u2</UserName>", with: "<UserName>new</UserName>").replacing(
                    "<RoleName>r2</RoleName>", with: "<RoleName>new</RoleName>"))
        }
        #expect(absence.gone.filter { $0.hasPrefix("account") } == [])
        #expect(absence.accounts["AIDA2"]?.username == "new" && absence.accounts["role/AROA2"]?.username == "new")
        #expect(absence.accounts["AIDA2"]?.formerExternalID == "new")
        #expect(absence.accounts["role/AROA2"]?.formerExternalID == "role/new")
    }

    @Test("An action applies to the user with the id, whatever the name is now") func actions() throws {
        let provider = try FakeProvider { request in
            switch request.form?.values("Action").first {
            case "UpdateLoginProfile"?: AWSAccount.reply("UpdateLoginProfile", "")
            case "PutRolePolicy"?: AWSAccount.reply("PutRolePolicy", "")
            default: AWSAccount.answer(request, isEmpty: false)
            }
        }
        let connector = try ConnectorCase.aws.connect(provider)
        func target(_ id: String, _ name: String) -> ActionTarget {
            ActionTarget(actionID: .random(), externalID: id, username: name)
        }
        _ = try connector.perform(.forcePasswordChange, on: target("AIDA2", "former"))
        #expect(provider.requests.last?.form?.values("UserName") == ["u2"])
        _ = try connector.perform(.revokeSessions, on: target("role/AROA3", "former"))
        #expect(provider.requests.last?.form?.values("RoleName") == ["r3"])
        // Earlier releases stored an account's name as its id. Such accounts are found by their names.
        _ = try connector.perform(.forcePasswordChange, on: target("u2", "u2"))
        #expect(provider.requests.last?.form?.values("UserName") == ["u2"])
        _ = try connector.perform(.revokeSessions, on: target("role/r3", "r3"))
        #expect(provider.requests.last?.form?.values("RoleName") == ["r3"])
        #expect(throws: ConnectorError.missing("AWS no longer has this user or role.")) {
            try connector.perform(.forcePasswordChange, on: target("AIDA99", "u2"))
        }
        #expect(provider.unexpected.isEmpty)
    }
}
