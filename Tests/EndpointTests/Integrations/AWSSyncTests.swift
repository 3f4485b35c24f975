import Base
import Foundation
import Function
import HTTP
import Store
import TestSupport
import Testing
import Upstream

@testable import api_connect_integration
@testable import api_sync_integration

/// Connects and syncs AWS through the endpoints, with an independent IAM (moto) that verifies signatures.
@Suite(.enabled(if: MotoServer.python != nil, "Tests/run sets up Python with moto"), .usesStore)
struct AWSSyncTests {
    private let store: TestStore
    private let moto: MotoServer
    private let aws: FakeProvider

    init() throws {
        store = try TestStore()
        moto = try MotoServer()
        let url = moto.url
        aws = try FakeProvider { request in
            // moto does not offer CloudTrail's log.
            if request.headers["X-Amz-Target"]?.hasSuffix(".LookupEvents") == true { return .json(["Events": []]) }
            return try? Self.send(request, to: url)
        }
    }

    private static func client(_ url: String) throws -> UpstreamClient {
        try UpstreamClient("aws", Environment(["ENVIRONMENT": "development", "UPSTREAM_AWS": url]), seconds: 120)
    }

    /// Sends a request with its signature to moto; returns moto's answer.
    private static func send(_ request: FakeProvider.Request, to url: String) throws -> FakeProvider.Reply {
        let there = try #require(UpstreamURL("https://" + (request.headers["Host"] ?? "") + request.target))
        var signed = UpstreamRequest(.post, there)
        signed.setBody(request.body, request.headers["Content-Type"] ?? "")
        for field in request.headers.fields {
            let name = field.name.lowercased()
            if name == "authorization" || name.hasPrefix("x-amz-") { signed.headers[field.name] = field.value }
        }
        let answer = try client(url).send(signed)
        var reply = FakeProvider.Reply(answer.status)
        reply.body = answer.body
        return reply
    }

    /// Calls moto's IAM, which does not verify signatures before `fill` ends; returns the answer's text.
    @discardableResult private func call(
        _ action: String, _ parameters: [(name: String, value: String)]
    ) throws -> String {
        var request = UpstreamRequest(.post, try #require(UpstreamURL("https://iam.amazonaws.com/")))
        request.setForm([("Action", action), ("Version", "2010-05-08")] + parameters)
        // The scope in this field tells moto which service is called.
        request.headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=AKIAANYBODYATALL0000/20260101/us-east-1/iam/aws4_request, "
            + "SignedHeaders=host, Signature=00"
        let answer = try Self.client(moto.url).send(request)
        try #require(answer.isSuccess)
        return String(decoding: answer.body, as: UTF8.self)
    }

    /// Makes the users ada and thalian, the latter with all permissions, and makes moto verify signatures from then on.
    /// Returns thalian's key and secret.
    private func fill() throws -> (id: String, secret: String) {
        for name in ["ada", "thalian"] { try call("CreateUser", [("UserName", name)]) }
        try call(
            "TagUser",
            [("UserName", "ada"), ("Tags.member.1.Key", "Email"), ("Tags.member.1.Value", "Ada@acme.com")])
        try call(
            "AttachUserPolicy",
            [("UserName", "thalian"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")])
        let key = try call("CreateAccessKey", [("UserName", "thalian")])
        func element(_ name: String) throws -> String {
            let rest = try #require(key.range(of: "<\(name)>")).upperBound
            return String(key[rest...].prefix { $0 != "<" })
        }
        var verify = UpstreamRequest(.post, try #require(UpstreamURL("https://moto/moto-api/reset-auth")))
        verify.setBody(Array("0".utf8), "text/plain")
        try #require(try Self.client(moto.url).send(verify).isSuccess)
        return (try element("AccessKeyId"), try element("SecretAccessKey"))
    }

    private func send(_ function: any Function.Type, _ fields: [String: JSON]) -> Reply {
        var body = fields
        body["workspaceId"] = .string(store.own.id.description)
        let variables = [
            "ENVIRONMENT": "development", "UPSTREAM_AWS": aws.url,
            "CREDENTIALS_KEY": "k1:" + Data(repeating: 9, count: 32).base64EncodedString(),
        ]
        let call = Call("POST", body: .object(body)).session(store.own.token(at: .now))
        return store.send(call, to: function, variables: variables, at: .now)
    }

    private func connect(_ id: String, _ secret: String) -> Reply {
        let config: JSON = ["access_key_id": .string(id), "secret_access_key": .string(secret)]
        return send(ConnectIntegration.self, ["platform": "aws", "config": config])
    }

    private func texts(_ sql: SQL) throws -> [String] {
        try store.database.rows(sql, store.own.id) { row in row.isNull(0) ? "null" : row.text(0) }
    }

    @Test("An AWS account is connected and synced with the right secret only")
    func anAccountIsSyncedWithTheRightSecretOnly() throws {
        let key = try fill()
        let refused = connect(key.id, String(key.secret.reversed()))
        #expect(refused.status == 422)
        #expect(refused.error == "AWS refuses the access key. Make a new one for the user and connect again.")
        #expect(try texts("SELECT platform FROM integrations WHERE workspace_id = $1") == [])
        let connected = connect(key.id, key.secret)
        #expect(connected.status == 200, "\(connected.text)")
        let synced = send(SyncIntegration.self, ["integrationId": connected.json["integrationId"] ?? .null])
        #expect(synced.status == 200 && synced.json["status"] == "completed", "\(synced.text)")
        #expect(try texts("SELECT email FROM identities WHERE workspace_id = $1") == ["ada@acme.com"])
        #expect(
            Set(try texts("SELECT username FROM accounts WHERE workspace_id = $1")).isSuperset(of: [
                "ada", "thalian",
            ]))
        #expect(try texts("SELECT external_id FROM access_keys WHERE workspace_id = $1") == [key.id])
        #expect(
            try texts(
                "SELECT status || ' ' || COALESCE(error_kind, '-') FROM integrations WHERE workspace_id = $1")
                == ["connected -"])
    }
}
