import Base
import HTTP
import TestSupport
import Testing

@testable import Connectors

/// AWS policies that make a user an administrator, or deny the user everything.
@Suite struct AWSPolicyTests {
    private static func statement(
        _ effect: JSON = "Allow", _ action: JSON = "*", on resource: JSON = "*", if condition: JSON = [:]
    ) -> JSON {
        ["Effect": effect, "Action": action, "Resource": resource, "Condition": condition]
    }

    @Test(
        "Only all actions on all resources, without a condition except MFA, make an administrator",
        arguments: [
            (["Statement": statement()], true), (["Statement": [statement("Allow", ["*"], on: ["*"])]], true),
            (["Statement": [statement("Allow", ["s3:Get*", "*:*"])]], true),
            (["Statement": [statement(if: ["Bool": ["aws:MultiFactorAuthPresent": "true"]])]], true),
            (["Statement": [statement(if: ["StringEquals": ["aws:ResourceTag/team": "x"]])]], false),
            (["Statement": [statement("Allow", "iam:*")]], false),
            (["Statement": [statement(on: "arn:aws:s3:::mine/*")]], false),
            (["Statement": [["Effect": "Allow", "NotAction": "iam:*", "Resource": "*"]]], false),
            (["Statement": [statement("Deny")]], false), (["Statement": []], false),
        ] as [(JSON, Bool)])
    func everythingIsEverything(_ document: JSON, _ isAdministrator: Bool) throws {
        #expect(AWSPolicy(document)?.allowsEverything == isAdministrator)
    }

    @Test("Only an unconditional denial of everything counts as a denial of everything")
    func denyingEverythingIsUnconditional() {
        #expect(AWSPolicy(["Statement": [Self.statement("Deny", ["*"], on: ["*"])]])?.deniesEverything == true)
        let sessions: JSON = ["DateLessThan": ["aws:TokenIssueTime": "2026-04-01T00:00:00Z"]]
        #expect(AWSPolicy(["Statement": [Self.statement("Deny", if: sessions)]])?.deniesEverything == false)
        #expect(AWSPolicy([:]) == nil)
    }

    private static let everything = encoded(statement())
    private static let nothing = encoded(statement("Deny"))
    private static let some = encoded(statement("Allow", "s3:*"))

    /// Encodes a policy as IAM's lists do.
    private static func encoded(_ statement: JSON) -> String {
        PercentEncoding.encode(String(decoding: JSONWriter.bytes(["Statement": [statement]] as JSON), as: UTF8.self))
    }

    private static func inline(_ list: String, _ name: String, _ document: String) -> String {
        """
        <\(list)><member><PolicyName>\(name)</PolicyName><PolicyDocument>\(document)</PolicyDocument></member></\(list)>
        """
    }

    private static func attached(_ name: String, account: String = "111122223333") -> String {
        """
        <AttachedManagedPolicies><member><PolicyName>\(name)</PolicyName>\
        <PolicyArn>arn:aws:iam::\(account):policy/\(name)</PolicyArn></member></AttachedManagedPolicies>
        """
    }

    private static func managed(_ name: String, _ document: String) -> String {
        """
        <Arn>arn:aws:iam::111122223333:policy/\(name)</Arn><PolicyVersionList><member><VersionId>v1</VersionId>\
        <IsDefaultVersion>false</IsDefaultVersion><Document>\(everything)</Document></member>\
        <member><VersionId>v2</VersionId><IsDefaultVersion>true</IsDefaultVersion>\
        <Document>\(document)</Document></member></PolicyVersionList>
        """
    }

    private static let users = [
        inline("UserPolicyList", "own", everything), attached("rulers"), "<GroupList><member>ops</member></GroupList>",
        "<GroupList><member>heads</member></GroupList>", inline("UserPolicyList", "own", some), attached("former"),
        inline("UserPolicyList", "own", "%7Bbroken"), attached("unknown"), inline("UserPolicyList", "out", nothing),
        attached("AWSDenyAll", account: "aws"), attached("AdministratorAccess", account: "aws"),
    ]

    /// Returns the account's users in the order of their numbers.
    private func accounts() throws -> [AccountRecord] {
        let provider = try FakeProvider { request in
            let filter = request.form?.values("Filter.member.1").first
            func page(_ list: String, _ items: [String]) -> FakeProvider.Reply {
                let members = items.map { "<member>\($0)</member>" }.joined()
                return AWSAccount.reply(
                    request.form?.values("Action").first ?? "",
                    "<\(list)>\(members)</\(list)><IsTruncated>false</IsTruncated>")
            }
            let names = Self.users.indices.map { "<UserName>u\($0)</UserName><UserId>AIDA\($0)</UserId>" }
            switch (request.form?.values("Action").first, filter) {
            case ("ListUsers", _): return page("Users", names)
            case ("GetAccountAuthorizationDetails", "User"):
                return page("UserDetailList", zip(names, Self.users).map { $0 + $1 + "<GroupList/>" })
            case ("GetAccountAuthorizationDetails", "Group"):
                return page(
                    "GroupDetailList",
                    [
                        "<GroupName>ops</GroupName>" + Self.inline("GroupPolicyList", "all", Self.everything),
                        "<GroupName>heads</GroupName>" + Self.attached("rulers"),
                    ])
            case ("GetAccountAuthorizationDetails", "LocalManagedPolicy"):
                // An older version of the policy `former` allowed everything.
                return page(
                    "Policies", [Self.managed("rulers", Self.everything), Self.managed("former", Self.some)])
            default: return AWSAccount.answer(request, isEmpty: true)
            }
        }
        let connector = try ConnectorCase.aws.connect(provider)
        let accounts = try pull { connector }.accounts
        return try Self.users.indices.map { try #require(accounts["AIDA\($0)"]) }
    }

    @Test("Policies of a user, a group and a managed policy make administrators")
    func policiesOfEveryKindMakeAdministrators() throws {
        let accounts = try accounts()
        #expect(
            accounts.map(\.adminRoles) == [
                ["own"], ["rulers"], ["all"], ["rulers"], [], [], [], [], [], [], ["AdministratorAccess"],
            ])
        // The permissions of a policy that is unreadable, or missing in the list of policies, are unknown.
        #expect(
            accounts.map(\.isAdmin) == [true, true, true, true, false, false, nil, nil, false, false, true])
    }

    @Test("A user who is denied everything counts as suspended") func whoIsDeniedEverythingIsSuspended() throws {
        #expect(try accounts().enumerated().filter { $1.status == .suspended }.map(\.offset) == [8, 9])
    }

    @Test(
        "Adding an inline policy that allows everything is a privilege grant",
        arguments: ["PutUserPolicy", "PutGroupPolicy", "PutRolePolicy"])
    func aPolicyThatAllowsEverythingIsAGrant(_ name: String) throws {
        func type(_ document: String) throws -> String? {
            let event: JSON = ["requestParameters": ["policyName": "own", "policyDocument": .string(document)]]
            let entry: JSON = [
                "EventId": "e1", "EventName": .string(name), "EventTime": 1_775_100_000,
                "CloudTrailEvent": .string(String(decoding: JSONWriter.bytes(event), as: UTF8.self)),
            ]
            guard case .auditEvent(let record)? = try AWSRecords.event(entry).record else { return nil }
            return record.eventType
        }
        #expect(
            try type(#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#) == EventType.privilegeGranted)
        #expect(try type(#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#) == name)
        #expect(try type("no policy") == name)
    }
}
