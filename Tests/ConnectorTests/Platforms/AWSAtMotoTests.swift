import Base
import Integrations
import TestSupport
import Testing
import Upstream

@testable import Connectors

/// Uses IAM and STS of moto, an independent implementation of AWS's APIs that verifies signatures and carries out
/// actions.
@Suite(.enabled(if: MotoServer.python != nil, "Tests/run sets up Python with moto"))
struct AWSAtMotoTests {
    private let moto: Moto

    init() throws { moto = try Moto() }

    @Test("The account is pulled with the right secret only") func pullsTheAccountWithTheRightSecretOnly() throws {
        try moto.addUsers(from: 0, to: 110)
        try moto.call("CreateLoginProfile", [("UserName", "user-7"), ("Password", "correct-horse")])
        try moto.call("TagUser", tag("user-7", "Email", "Ada@acme.com"))
        try moto.call("AttachUserPolicy", policy("user-7", "AdministratorAccess"))
        try moto.call("CreateAccessKey", [("UserName", "user-7")])
        // A user who may do everything is an administrator, whatever the policy is called.
        let everything = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        try moto.call(
            "PutUserPolicy", [("UserName", "user-9"), ("PolicyName", "own"), ("PolicyDocument", everything)])
        try moto.call("CreatePolicy", [("PolicyName", "rulers"), ("PolicyDocument", everything)])
        try moto.call(
            "AttachUserPolicy",
            [("UserName", "user-10"), ("PolicyArn", "arn:aws:iam::123456789012:policy/rulers")])
        try moto.call("CreateGroup", [("GroupName", "ops")])
        try moto.call(
            "PutGroupPolicy", [("GroupName", "ops"), ("PolicyName", "all"), ("PolicyDocument", everything)])
        try moto.call("AddUserToGroup", [("GroupName", "ops"), ("UserName", "user-11")])
        try moto.call("CreateVirtualMFADevice", [("VirtualMFADeviceName", "phone")])
        try moto.call(
            "EnableMFADevice",
            [
                ("UserName", "user-7"), ("SerialNumber", "arn:aws:iam::123456789012:mfa/phone"),
                ("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321"),
            ])
        let trust = #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#
        try moto.call("CreateRole", [("RoleName", "open"), ("AssumeRolePolicyDocument", trust)])
        let aws = try moto.connect()
        try aws.check()
        let wrong = try moto.connect(secret: "wrong")
        let error = #expect(throws: ConnectorError.self) { try wrong.check() }
        #expect(error?.kind == "authentication_expired")
        // moto does not offer CloudTrail's log.
        let records = try pull(without: ["events"]) { aws }
        let accounts = byName(records)
        // The connector's own user is one more.
        #expect(accounts.values.filter { $0.metadata["kind"] == "user" }.count == 111)
        #expect(accounts["user-7"]?.mfaEnabled == true)
        #expect(accounts["user-7"]?.metadata["console"] == "yes")
        #expect(accounts["user-7"]?.email == "ada@acme.com")
        #expect(accounts["user-7"]?.isAdmin == true)
        #expect(accounts["user-9"]?.adminRoles == ["own"] && accounts["user-10"]?.adminRoles == ["rulers"])
        #expect(accounts["user-11"]?.adminRoles == ["all"] && accounts["user-11"]?.isAdmin == true)
        #expect(accounts["user-8"]?.mfaEnabled == false)
        #expect(accounts["user-8"]?.metadata["console"] == "no")
        #expect(accounts["user-8"]?.isAdmin == false)
        #expect(accounts["open"]?.metadata["trusts"] == "anyone")
        let keys = records.filter { $0.key.kind == "accessKey" }
        #expect(keys.count == 2)
    }

    @Test("Actions change the account") func changesTheAccount() throws {
        try moto.addUsers(from: 0, to: 4)
        let aws = try moto.connect()
        try suspendsAUser(aws)
        try forcesANewPassword(aws)
        try deactivatesAKey(aws)
        try endsSessions(aws)
    }

    private func suspendsAUser(_ aws: any Connector) throws {
        try moto.call("CreateLoginProfile", [("UserName", "user-0"), ("Password", "correct-horse")])
        for name in ["user-0", "user-0", "user-1"] { try moto.call("CreateAccessKey", [("UserName", name)]) }
        let target = ActionTarget(actionID: .random(), externalID: "user-0")
        #expect(try aws.outcome(of: .suspendUser, on: target) == .notDone)
        _ = try aws.perform(.suspendUser, on: target)
        #expect(try keyStates("user-0") == ["Inactive", "Inactive"])
        #expect(try keyStates("user-1") == ["Active"])
        let policies = try moto.call("ListUserPolicies", [("UserName", "user-0")])
        #expect(policies.members("PolicyNames").map(\.text) == ["ThalianSuspended"])
        #expect(byName(try pull(without: ["events"]) { aws })["user-0"]?.status == .suspended)
        #expect(throws: ConnectorError.self) { try moto.call("GetLoginProfile", [("UserName", "user-0")]) }
        #expect(try aws.outcome(of: .suspendUser, on: target) == .done(["platform": "aws", "external_id": "user-0"]))
        // The action is repeated, as after a crash.
        _ = try aws.perform(.suspendUser, on: target)
    }

    private func forcesANewPassword(_ aws: any Connector) throws {
        try moto.call("CreateLoginProfile", [("UserName", "user-2"), ("Password", "correct-horse")])
        let target = ActionTarget(actionID: .random(), externalID: "user-2")
        #expect(try moto.user("user-2")?["password_reset_required"] == false)
        #expect(try aws.outcome(of: .forcePasswordChange, on: target) == .notDone)
        _ = try aws.perform(.forcePasswordChange, on: target)
        // moto deletes a password that is not sent along, so GetLoginProfile shows nothing more.
        #expect(try moto.user("user-2")?["password_reset_required"] == true)
        let stranger = ActionTarget(actionID: .random(), externalID: "nobody")
        let error = #expect(throws: ConnectorError.self) { try aws.perform(.forcePasswordChange, on: stranger) }
        guard case .missing = error else {
            Issue.record("there is no such user")
            return
        }
    }

    private func deactivatesAKey(_ aws: any Connector) throws {
        let created = try moto.call("CreateAccessKey", [("UserName", "user-3")])
        try moto.call("CreateAccessKey", [("UserName", "user-3")])
        let id = try #require(created["AccessKey"]?.text("AccessKeyId"))
        let target = ActionTarget(actionID: .random(), .key, externalID: id)
        _ = try aws.perform(.rotateCredentials, on: target)
        #expect(try keyStates("user-3").sorted() == ["Active", "Inactive"])
        guard case .done = try aws.outcome(of: .rotateCredentials, on: target) else {
            Issue.record("the key is inactive now")
            return
        }
    }

    private func endsSessions(_ aws: any Connector) throws {
        _ = try aws.perform(.revokeSessions, on: ActionTarget(actionID: .random(), externalID: "user-3"))
        let policy = try moto.call(
            "GetUserPolicy", [("UserName", "user-3"), ("PolicyName", "AWSRevokeOlderSessions")])
        #expect(policy.text("PolicyDocument")?.contains("TokenIssueTime") == true)
    }

    private func byName(_ records: [SyncRecord]) -> [String: AccountRecord] {
        records.accounts.values.reduce(into: [:]) { $0[$1.displayName] = $1 }
    }

    private func tag(_ user: String, _ key: String, _ value: String) -> [(name: String, value: String)] {
        [("UserName", user), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]
    }

    private func policy(_ user: String, _ name: String) -> [(name: String, value: String)] {
        [("UserName", user), ("PolicyArn", "arn:aws:iam::aws:policy/" + name)]
    }

    private func keyStates(_ user: String) throws -> [String] {
        try moto.call("ListAccessKeys", [("UserName", user)]).members("AccessKeyMetadata")
            .compactMap { $0.text("Status") }
    }
}

/// A moto server with one user who may do everything. After `init`, the server verifies every signature.
private final class Moto {
    private let server: MotoServer
    private var url: String { server.url }
    private let keys: AWSKeys
    /// The session of the user who may do everything.
    private let session: AWSSession

    init() throws {
        server = try MotoServer()
        let url = server.url
        let anyone = AWSKeys(id: "AKIAANYBODYATALL0000", secret: Secret("unverified"))
        let setup = AWSSession(try Self.client(url), region: "us-east-1", keys: anyone, role: nil)
        _ = try setup.iam("CreateUser", [("UserName", "thalian")])
        _ = try setup.iam(
            "AttachUserPolicy",
            [("UserName", "thalian"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")])
        let key = try #require(try setup.iam("CreateAccessKey", [("UserName", "thalian")])["AccessKey"])
        keys = AWSKeys(
            id: try #require(key.text("AccessKeyId")), secret: Secret(try #require(key.text("SecretAccessKey"))))
        session = AWSSession(try Self.client(url), region: "us-east-1", keys: keys, role: nil)
        var verify = UpstreamRequest(.post, try #require(UpstreamURL("https://moto/moto-api/reset-auth")))
        verify.setBody(Array("0".utf8), "text/plain")
        #expect(try Self.client(url).send(verify).isSuccess)
    }

    private static func client(_ url: String) throws -> UpstreamClient {
        try UpstreamClient(
            "aws", Environment(["ENVIRONMENT": "development", "UPSTREAM_AWS": url]),
            retry: RetryPolicy(decision: AWSErrors.decision), seconds: 120)
    }

    /// Calls IAM as the user who may do everything.
    @discardableResult func call(
        _ action: String, _ parameters: [(name: String, value: String)]
    ) throws -> XMLElement { try session.iam(action, parameters) }

    /// Returns a user as moto stores it.
    func user(_ name: String) throws -> JSON? {
        let there = try #require(UpstreamURL("https://moto/moto-api/data.json"))
        let data = try Self.client(url).send(UpstreamRequest(.get, there)).json
        return data["iam"]?["User"]?.array?.first { $0.text("name") == name }
    }

    func addUsers(from first: Int, to end: Int) throws {
        _ = try session.iamEach("CreateUser", (first..<end).map { [("UserName", "user-\($0)")] })
    }

    /// Connects the connector with the user's key, and with `secret` or else the key's own secret.
    func connect(secret: String? = nil) throws -> any Connector {
        let config: [String: JSON] = [
            "access_key_id": .string(keys.id),
            "secret_access_key": .string(secret ?? keys.secret.reveal { $0 }),
        ]
        let scope = ConnectorScope(
            Environment(["ENVIRONMENT": "development", "UPSTREAM_AWS": url]), seconds: 120,
            eventsSince: Timestamp(seconds: 0))
        return try AWS(try Credentials(config, AWS.fields), scope)
    }
}
