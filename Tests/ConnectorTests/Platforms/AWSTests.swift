import Base
import HTTP
import Integrations
import TestSupport
import Testing

@testable import Connectors

extension ConnectorCase {
    static let aws = ConnectorCase(
        connector: AWS.self,
        config: ["access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG"],
        org: { AWSAccount.answer($0, isEmpty: false) }, emptyOrg: { AWSAccount.answer($0, isEmpty: true) },
        isPage: { $0.form?.values("Action") == ["ListUsers"] },
        throttled: { AWSAccount.error("Throttling", status: 400) },
        refused: AWSAccount.error("InvalidClientTokenId", status: 403), renewsTokens: false,
        counts: ["account": 16, "accessKey": 12, "auditEvent": 6])
}

/// An account as AWS's APIs show it, with two items per page.
enum AWSAccount {
    static func error(_ code: String, status: Int) -> FakeProvider.Reply {
        .init(
            status,
            text: """
                <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>\
                <Code>\(code)</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>
                """)
    }

    static func reply(_ action: String, _ result: String) -> FakeProvider.Reply {
        .init(
            text: """
                <?xml version="1.0" encoding="UTF-8"?>
                <\(action)Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
                  <\(action)Result>\(result)</\(action)Result>
                  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
                </\(action)Response>
                """)
    }

    /// Returns the answer to GetAccountSummary, for an account whose root user has no keys.
    static func summary(hasPassword: Bool) -> FakeProvider.Reply {
        let entries = [("Users", 3), ("AccountPasswordPresent", hasPassword ? 1 : 0), ("AccountAccessKeysPresent", 0)]
        return reply(
            "GetAccountSummary",
            "<SummaryMap>" + entries.map { "<entry><key>\($0)</key><value>\($1)</value></entry>" }.joined()
                + "</SummaryMap>")
    }

    /// Returns the region and the service in the scope of a request's signature, such as `us-east-1/iam`; nil if the
    /// signature does not name the example's key. The signature itself is not verified.
    private static func scope(_ request: FakeProvider.Request) -> Substring? {
        guard let authorization = request.headers["Authorization"], request.headers["X-Amz-Date"] != nil,
            authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
        else { return nil }
        return authorization.split(separator: "/").dropFirst(2).prefix(2).joined(separator: "/")[...]
    }

    static func answer(_ request: FakeProvider.Request, isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.method == "POST", request.target == "/" else { return nil }
        switch (request.headers["Host"], scope(request)) {
        case ("sts.us-east-1.amazonaws.com", "us-east-1/sts"):
            return request.text == "Action=GetCallerIdentity&Version=2011-06-15"
                ? reply("GetCallerIdentity", "<Account>111122223333</Account>") : nil
        case ("cloudtrail.us-east-1.amazonaws.com", "us-east-1/cloudtrail"): return events(request, isEmpty)
        case ("iam.amazonaws.com", "us-east-1/iam"): return iam(request, isEmpty)
        default: return nil
        }
    }

    private static func iam(_ request: FakeProvider.Request, _ isEmpty: Bool) -> FakeProvider.Reply? {
        guard let form = request.form, form.values("Version") == ["2010-05-08"],
            let action = form.values("Action").first
        else { return nil }
        let from = form.values("Marker").first.flatMap { Int($0) } ?? 0
        func page(_ list: String, _ items: [String]) -> FakeProvider.Reply? {
            let all = isEmpty ? [] : items
            guard let maximum = form.values("MaxItems").first.flatMap({ Int($0) }), maximum <= 1_000 else { return nil }
            let part = all[min(from, all.count)..<min(from + 2, all.count)].map { "<member>\($0)</member>" }.joined()
            let isTruncated = from + 2 < all.count
            return reply(
                action,
                "<\(list)>\(part)</\(list)><IsTruncated>\(isTruncated)</IsTruncated>"
                    + (isTruncated ? "<Marker>\(from + 2)</Marker>" : ""))
        }
        let user = form.values("UserName").first
        switch (action, form.values("Filter.member.1").first) {
        case ("GenerateCredentialReport", nil): return reply(action, "<State>STARTED</State>")
        case ("GetCredentialReport", nil):
            let root = """
                <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,\
                2026-04-01T10:00:00+00:00,false,N/A
                """
            let header =
                "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_last_used_date"
            let report = header + "\n" + (isEmpty ? "" : root + "\n")
            return reply(action, "<Content>\(Base64.standard.encode(Array(report.utf8)))</Content>")
        case ("GetAccountSummary", nil): return summary(hasPassword: true)
        case ("ListUsers", nil):
            return page(
                "Users",
                (0..<6).map {
                    """
                    <UserName>u\($0)\($0 == 5 ? "@acme.com" : "")</UserName><UserId>AIDA\($0)</UserId><Path>/</Path>\
                    <CreateDate>2024-01-02T03:04:05Z</CreateDate><PasswordLastUsed>2026-04-01T10:00:00Z</PasswordLastUsed>
                    """
                })
        case ("GetAccountAuthorizationDetails", "LocalManagedPolicy"): return page("Policies", [])
        case ("GetAccountAuthorizationDetails", "Group"):
            return page(
                "GroupDetailList",
                (0..<5).map {
                    "<GroupName>g\($0)</GroupName>" + policies($0 == 2 ? "AdministratorAccess" : "ReadOnlyAccess")
                })
        case ("GetAccountAuthorizationDetails", "User"):
            return page(
                "UserDetailList",
                (0..<5).map {
                    """
                    <UserName>u\($0)</UserName><UserId>AIDA\($0)</UserId><GroupList><member>g\($0 == 1 ? 2 : 0)</member></GroupList>\
                    \(policies($0 == 0 ? "AdministratorAccess" : "ReadOnlyAccess"))<Tags><member>\
                    <Key>\($0 == 4 ? "Squad" : "Email")</Key><Value>U\($0)@acme.com</Value></member></Tags>
                    """
                })
        case ("GetAccountAuthorizationDetails", "Role"): return page("RoleDetailList", roles)
        case ("ListMFADevices", nil):
            return reply(action, "<MFADevices>\(user == "u1" ? "<member/>" : "")</MFADevices>")
        case ("GetLoginProfile", nil):
            return user == "u0" || user == "u1"
                ? reply(action, "<LoginProfile><UserName>u0</UserName></LoginProfile>")
                : error("NoSuchEntity", status: 404)
        case ("ListAccessKeys", nil):
            guard let user else { return nil }
            let keys = ["A", "B"].map {
                """
                <member><UserName>\(user)</UserName><AccessKeyId>AKIA\($0)\(user)</AccessKeyId><Status>\
                \($0 == "A" ? "Active" : "Inactive")</Status><CreateDate>2025-01-01T00:00:00Z</CreateDate></member>
                """
            }
            return reply(
                action, "<AccessKeyMetadata>\(keys.joined())</AccessKeyMetadata><IsTruncated>false</IsTruncated>")
        case ("GetAccessKeyLastUsed", nil):
            let isUsed = form.values("AccessKeyId").first?.hasPrefix("AKIAA") == true
            return reply(
                action,
                "<AccessKeyLastUsed><ServiceName>s3</ServiceName>"
                    + (isUsed ? "<LastUsedDate>2026-03-01T00:00:00Z</LastUsedDate>" : "") + "</AccessKeyLastUsed>")
        default: return nil
        }
    }

    private static func policies(_ name: String) -> String {
        """
        <AttachedManagedPolicies><member><PolicyName>\(name)</PolicyName>\
        <PolicyArn>arn:aws:iam::aws:policy/\(name)</PolicyArn></member></AttachedManagedPolicies>
        """
    }

    private static let gitHub =
        #"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#

    private static func tokens(_ comparison: String, _ claim: String, _ value: String) -> String {
        #","Condition":{"\#(comparison)":{"token.actions.githubusercontent.com:\#(claim)":"\#(value)"}}"#
    }

    private static let roles: [String] = [
        (0, "{\"AWS\":\"*\"}", ""), (1, "{\"AWS\":\"arn:aws:iam::210987654321:root\"}", ""),
        (2, "{\"AWS\":[\"210987654321\"]}", ",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"x\"}}"),
        (3, "{\"AWS\":\"arn:aws:iam::111122223333:root\"}", ""), (4, "{\"Service\":\"ec2.amazonaws.com\"}", ""),
        (5, "\"*\"", ",\"Condition\":{\"Bool\":{}}"), (6, "{\"Service\":\"x\"}", ""), (7, gitHub, ""),
        (8, gitHub, tokens("StringEquals", "sub", "repo:acme/website:ref:refs/heads/main")),
        (9, "{\"Federated\":\"arn:aws:iam::111122223333:saml-provider/okta\"}", ""),
    ].map { number, principal, condition in
        let policy =
            #"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":\#(principal)\#(condition)}}"#
        let path = number == 6 ? "/aws-service-role/x/" : "/"
        return """
            <RoleName>r\(number)</RoleName><RoleId>AROA\(number)</RoleId><Arn>arn:aws:iam::111122223333:role/r\(number)</Arn><Path>\(path)</Path>\
            <AssumeRolePolicyDocument>\(PercentEncoding.encode(policy))</AssumeRolePolicyDocument>
            """
    }

    private static func events(_ request: FakeProvider.Request, _ isEmpty: Bool) -> FakeProvider.Reply? {
        guard request.headers["Content-Type"] == "application/x-amz-json-1.1", request.json["MaxResults"] == 50,
            request.headers["X-Amz-Target"] == "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            request.json["StartTime"] == 1_775_000_000
        else { return nil }
        let from = request.json.text("NextToken").flatMap { Int($0) } ?? 0
        let all = isEmpty ? [] : (0..<6).map(event)
        var answer: [String: JSON] = ["Events": .array(Array(all[min(from, all.count)..<min(from + 2, all.count)]))]
        if from + 2 < all.count { answer["NextToken"] = .string(String(from + 2)) }
        return .json(.object(answer))
    }

    private static func event(_ number: Int) -> JSON {
        let identity: JSON
        let name: String
        var rest: [String: JSON] = ["sourceIPAddress": "198.51.100.7"]
        switch number {
        case 0:
            name = "ConsoleLogin"
            identity = ["type": "IAMUser", "userName": "u0", "principalId": "AIDA0"]
            rest["responseElements"] = ["ConsoleLogin": "Failure"]
        case 1:
            name = "ConsoleLogin"
            identity = session("AWSReservedSSO_Admin_1", "Ann@acme.com")
            rest["responseElements"] = ["ConsoleLogin": "Success"]
        case 2:
            name = "AttachRolePolicy"
            identity = session("deploy", "ann@acme.com")
            rest["requestParameters"] = ["policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"]
        case 3:
            name = "StopLogging"
            identity = ["type": "Root", "arn": "arn:aws:iam::111122223333:root"]
        case 5:
            name = "DeactivateMFADevice"
            identity = session("AWSReservedSSO_Admin_1", "Ann@acme.com")
            rest["requestParameters"] = ["userName": "u0", "serialNumber": "arn:aws:iam::111122223333:mfa/u0"]
        default:
            name = "CreateUser"
            identity = ["type": "AWSService", "invokedBy": "x.amazonaws.com"]
            rest["sourceIPAddress"] = "x.amazonaws.com"
        }
        rest["userIdentity"] = identity
        let text = String(decoding: JSONWriter.bytes(JSON.object(rest)), as: UTF8.self)
        return [
            "EventId": .string("e\(number)"), "EventName": .string(name), "EventTime": .number(1_775_100_000.5),
            "CloudTrailEvent": .string(text),
        ]
    }

    private static func session(_ role: String, _ name: String) -> JSON {
        [
            "type": "AssumedRole", "principalId": .string("AROA1:" + name),
            "sessionContext": ["sessionIssuer": ["userName": .string(role), "principalId": "AROA1"]],
        ]
    }
}

@Suite struct AWSTests {
    private let target = ActionTarget(actionID: .random(), externalID: "u0")

    @Test("It is not known if a root user without a password and keys has a second factor")
    func aRootUserWithoutCredentials() throws {
        let provider = try FakeProvider { request in
            request.text.contains("Action=GetAccountSummary")
                ? AWSAccount.summary(hasPassword: false) : ConnectorCase.aws.org(request)
        }
        let connector = try ConnectorCase.aws.connect(provider)
        let root = try pull { connector }.accounts["arn:aws:iam::111122223333:root"]
        #expect(root?.mfaEnabled == nil && root?.unread.isEmpty == true)
        #expect(root?.metadata["console"] == "no")
    }

    @Test("If the account's summary can't be read, the root user counts as one with a password")
    func aSummaryThatIsRefused() throws {
        let provider = try FakeProvider { request in
            request.text.contains("Action=GetAccountSummary")
                ? AWSAccount.error("AccessDenied", status: 403) : ConnectorCase.aws.org(request)
        }
        let connector = try ConnectorCase.aws.connect(provider)
        #expect(try pull { connector }.accounts["arn:aws:iam::111122223333:root"]?.mfaEnabled == false)
    }

    @Test("A role that trusts a service-linked role of another account trusts AWS alone")
    func aServiceLinkedRoleIsNoStranger() throws {
        let policy: JSON = [
            "Statement": [
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": [
                    "AWS": """
                    arn:aws:iam::210987654321:role/aws-service-role/stacksets.cloudformation.amazonaws.com/\
                    AWSServiceRoleForCloudFormationStackSetsOrgAdmin
                    """
                ],
            ]
        ]
        #expect(AWSTrust.widest(in: policy, ownAccount: "111122223333")?.width == .ownAccount)
    }

    @Test("Users, roles, keys and the root user are mapped to our records") func mapsWhatAWSSays() throws {
        let provider = try FakeProvider(ConnectorCase.aws.org)
        let connector = try ConnectorCase.aws.connect(provider)
        let records = try pull { connector }
        let accounts = records.accounts
        let root = accounts["arn:aws:iam::111122223333:root"]
        #expect(root?.metadata == ["kind": "root", "console": "yes", "used": "password"])
        #expect(root?.mfaEnabled == false)
        #expect(root?.lastLoginAt?.description == "2026-04-01T10:00:00Z")
        #expect(accounts["AIDA0"]?.metadata == ["kind": "user", "console": "yes"])
        #expect(accounts["AIDA0"]?.isAdmin == true)
        #expect(accounts["AIDA0"]?.mfaEnabled == false)
        #expect(accounts["AIDA0"]?.email == "u0@acme.com")
        #expect(accounts["AIDA1"]?.mfaEnabled == true)
        #expect(accounts["AIDA1"]?.isAdmin == true)
        #expect(accounts["AIDA2"]?.isAdmin == false)
        #expect(accounts["AIDA2"]?.metadata["console"] == "no")
        // A user with keys alone is a program, unless an address tells whose the user is.
        #expect(accounts["AIDA0"]?.kind == .user && accounts["AIDA2"]?.kind == .user)
        #expect(accounts["AIDA4"]?.kind == .serviceAccount && accounts["AIDA4"]?.metadata["console"] == "no")
        #expect(accounts["AIDA5"]?.email == "u5@acme.com")
        #expect(accounts["role/AROA0"]?.kind == .serviceAccount)
        #expect(accounts["role/AROA0"]?.metadata == ["kind": "role", "trusts": "anyone", "has_condition": "no"])
        #expect(
            accounts["role/AROA1"]?.metadata == [
                "kind": "role", "trusts": "other_account", "has_condition": "no", "trusted_account": "210987654321",
            ])
        #expect(accounts["role/AROA2"]?.metadata["has_condition"] == "yes")
        #expect(accounts["role/AROA3"]?.metadata["trusts"] == "account")
        #expect(accounts["role/AROA4"]?.metadata == ["kind": "role", "trusts": "service", "has_condition": "no"])
        // A condition about something else than the callers limits nothing.
        #expect(accounts["role/AROA5"]?.metadata == ["kind": "role", "trusts": "anyone", "has_condition": "no"])
        #expect(accounts["role/AROA6"] == nil)
        #expect(
            accounts["role/AROA7"]?.metadata == [
                "kind": "role", "trusts": "anyone", "has_condition": "no", "trusted_provider": "GitHub Actions",
            ])
        #expect(
            accounts["role/AROA8"]?.metadata == ["kind": "role", "trusts": "identity_provider", "has_condition": "yes"])
        #expect(
            accounts["role/AROA9"]?.metadata == ["kind": "role", "trusts": "identity_provider", "has_condition": "no"])
        let byKey = records.byKey
        guard case .accessKey(let used)? = byKey["accessKey/AKIAAu0"],
            case .accessKey(let unused)? = byKey["accessKey/AKIABu0"]
        else {
            Issue.record("a key is missing")
            return
        }
        #expect(used.isActive && used.accountExternalID == "AIDA0" && used.lastUsedAt != nil)
        #expect(!unused.isActive && unused.lastUsedAt == nil)
    }

    @Test("CloudTrail's events are mapped to our records") func mapsWhatCloudTrailSays() throws {
        let provider = try FakeProvider(ConnectorCase.aws.org)
        let connector = try ConnectorCase.aws.connect(provider)
        var events: [String: AuditEventRecord] = [:]
        for case .auditEvent(let event) in try pull({ connector }) { events[event.externalID] = event }
        #expect(events["e0"]?.eventType == EventType.platformSignIn)
        #expect(events["e0"]?.outcome == .failure)
        #expect(events["e0"]?.details == ["method": "password"])
        #expect(events["e0"]?.actorExternalID == "AIDA0")
        #expect(events["e0"]?.occurredAt == Timestamp(seconds: 1_775_100_000))
        #expect(events["e1"]?.actorEmail == "ann@acme.com")
        #expect(events["e1"]?.details == ["method": "sso"])
        // Anyone who may assume a role can give the session another person's name.
        #expect(events["e2"]?.actorEmail == nil)
        #expect(events["e2"]?.actorExternalID == "role/AROA1")
        #expect(events["e2"]?.eventType == EventType.privilegeGranted)
        #expect(events["e3"]?.eventType == "StopLogging")
        #expect(events["e3"]?.actor == "root")
        #expect(events["e4"]?.ipAddress == nil)
        // An administrator removed the factor from another user's account.
        #expect(events["e5"]?.eventType == EventType.factorRemoved)
        #expect(events["e5"]?.actorExternalID == "AIDA0" && events["e5"]?.actorEmail == nil)
    }

    @Test(
        "A refused key is reported as expired credentials",
        arguments: ["SignatureDoesNotMatch", "ExpiredToken", "InvalidClientTokenId"])
    func refusedKeysAreCredentials(_ code: String) throws {
        let provider = try FakeProvider { _ in AWSAccount.error(code, status: 403) }
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.aws.connect(provider).check() }
        #expect(error?.kind == "authentication_expired")
    }

    @Test("A missing permission is a configuration error, not a bad key") func aMissingPolicyIsNoBadKey() throws {
        let provider = try FakeProvider(ConnectorCase.aws.org)
        provider.fail(AWSAccount.error("AccessDenied", status: 403), after: 1)
        let error = #expect(throws: ConnectorError.self) { try ConnectorCase.aws.connect(provider).check() }
        #expect(error?.kind == "configuration_invalid")
    }

    /// AWS reports throttling as status 400 with a code, also in JSON.
    @Test("The connector waits for reports and rate limits") func waitsForReportsAndThrottles() throws {
        let provider = try FakeProvider(ConnectorCase.aws.org)
        provider.fail(
            .json(["__type": "com.amazonaws.cloudtrail.v20131101#ThrottlingException"], status: 400),
            when: { $0.headers["X-Amz-Target"] != nil })
        var reply = AWSAccount.error("ReportInProgress", status: 404)
        reply.headers["Retry-After"] = "0"
        provider.fail(reply, when: { $0.text.contains("Action=GetCredentialReport") })
        let connector = try ConnectorCase.aws.connect(provider)
        #expect(try pull { connector }.count == 34)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("The connector assumes the configured role with the external id") func assumesTheRole() throws {
        let provider = try FakeProvider { request in
            let key = request.headers["Authorization"]?.split(separator: "=")[1].prefix { $0 != "/" }
            switch (key, request.form?.values("Action").first) {
            case ("AKIAIOSFODNN7EXAMPLE", "AssumeRole"):
                guard request.form?.values("ExternalId") == ["x-1"],
                    request.form?.values("RoleArn") == ["arn:aws:iam::111122223333:role/Thalian"]
                else { return nil }
                return AWSAccount.reply(
                    "AssumeRole",
                    """
                    <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                    <SessionToken>t&amp;1</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
                    """)
            case ("ASIAROLE", let action?) where request.headers["X-Amz-Security-Token"] == "t&1":
                return AWSAccount.reply(action, "<IsTruncated>false</IsTruncated>")
            default: return nil
            }
        }
        var config = ConnectorCase.aws.config
        config["role_arn"] = "arn:aws:iam::111122223333:role/Thalian"
        config["external_id"] = "x-1"
        let example = ConnectorCase(
            connector: AWS.self, config: config, org: { _ in nil }, emptyOrg: { _ in nil }, isPage: { _ in false },
            throttled: { .init(400) }, refused: .init(403), renewsTokens: false, counts: [:])
        try example.connect(provider).check()
        #expect(provider.requests.count == 3)
        #expect(provider.unexpected.isEmpty)
    }

    @Test(
        "Each action sends the documented calls",
        arguments: [
            (
                ActionType.revokeAllTokens,
                ["ListAccessKeys UserName=u0", "UpdateAccessKey UserName=u0 AccessKeyId=AKIA1 Status=Inactive"]
            ),
            (
                .revokeOAuthToken,
                ["ListAccessKeys UserName=u0", "UpdateAccessKey UserName=u0 AccessKeyId=AKIA1 Status=Inactive"]
            ),
            (.forcePasswordChange, ["UpdateLoginProfile UserName=u0 PasswordResetRequired=true"]),
            (
                .suspendUser,
                [
                    "DeleteLoginProfile UserName=u0", "ListAccessKeys UserName=u0",
                    "UpdateAccessKey UserName=u0 AccessKeyId=AKIA1 Status=Inactive",
                    "PutUserPolicy UserName=u0 PolicyName=ThalianSuspended PolicyDocument="
                        + #"{"Statement":[{"Action":"*","Effect":"Deny","Resource":"*"}],"Version":"2012-10-17"}"#,
                ]
            ),
        ])
    func acts(_ action: ActionType, _ expected: [String]) throws {
        let provider = try FakeProvider { request in
            let calls = request.text.split(separator: "&").map { String($0) }
            guard let name = calls.first?.dropFirst("Action=".count) else { return nil }
            if name == "DeleteLoginProfile" { return AWSAccount.error("NoSuchEntity", status: 404) }
            return AWSAccount.reply(
                String(name),
                """
                <AccessKeyMetadata><member><AccessKeyId>AKIA1</AccessKeyId><Status>Active</Status></member>\
                <member><AccessKeyId>AKIA2</AccessKeyId><Status>Inactive</Status></member></AccessKeyMetadata>
                """)
        }
        let connector = try ConnectorCase.aws.connect(provider)
        _ = try connector.perform(action, on: target)
        let calls = provider.requests.map { request in
            request.text.split(separator: "&").filter { !$0.hasPrefix("Version=") }
                .map { PercentEncoding.decode($0.utf8) ?? "" }.joined(separator: " ").dropFirst("Action=".count)
        }
        #expect(calls.map { String($0) } == expected)
    }

    @Test("Sessions of users and roles are ended by a policy") func endsTheSessionsOfUsersAndRoles() throws {
        for (id, action) in [("u0", "PutUserPolicy"), ("role/r0", "PutRolePolicy")] {
            let provider = try FakeProvider { AWSAccount.reply($0.form?.values("Action").first ?? "", "") }
            let connector = try ConnectorCase.aws.connect(provider)
            _ = try connector.perform(.revokeSessions, on: ActionTarget(actionID: .random(), externalID: id))
            let form = try #require(provider.requests.first?.form)
            #expect(form.values("Action") == [action])
            let policy = try JSON(parsing: try #require(form.values("PolicyDocument").first).utf8)
            let statement = policy["Statement"]?.array?.first
            #expect(statement?["Effect"] == "Deny")
            let before = statement?["Condition"]?["DateLessThan"]?.text("aws:TokenIssueTime")
            #expect(before.flatMap { Timestamp($0) } != nil)
        }
    }
}
