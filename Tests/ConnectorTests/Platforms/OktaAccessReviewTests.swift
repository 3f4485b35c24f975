import Base
import Synchronization
import TestSupport
import Testing

@testable import Connectors

/// Okta's access certification campaigns, as its governance API documents them.
@Suite struct OktaAccessReviewTests {
    /// An org with a license for Okta Identity Governance. It has an application, users, among them the administrator
    /// who owns the token, and campaigns.
    private final class Governance: Sendable {
        let campaigns = Mutex<[JSON]>([])

        func answer(_ request: FakeProvider.Request) -> FakeProvider.Reply? {
            switch request.method + " " + request.path {
            case "GET /api/v1/apps/app1": return .json(["id": "app1"])
            case "GET /api/v1/apps/app1/groups/g1": return .json(["id": "g1"])
            case "GET /api/v1/users/u1/groups": return .json([["id": "g1"], ["id": "g2"]])
            case "GET /api/v1/users/me": return .json(["id": "admin"])
            case "GET /api/v1/users/boss": return .json(["id": "boss"])
            case "GET /api/v1/users/u1": return .json(["id": "u1"])
            case "GET /governance/api/v1/campaigns":
                let named = campaigns.withLock { all in
                    all.filter { request.parameter("filter") == "name eq \"\($0.text("name") ?? "")\"" }
                }
                return .json(["data": .array(named), "_links": [:]])
            case "POST /governance/api/v1/campaigns":
                guard let start = request.json["scheduleSettings"]?.date("startDate"), start > .now else {
                    return .json(
                        [
                            "errorCode": "E0000001", "errorSummary": "Api validation failed: Campaign",
                            "errorCauses": [["errorSummary": "Campaign template start date must be a future date"]],
                        ], status: 400)
                }
                return campaigns.withLock { all in
                    var campaign = request.json.object ?? [:]
                    campaign["id"] = .string("campaign\(all.count)")
                    campaign["status"] = "SCHEDULED"
                    all.append(.object(campaign))
                    return .json(.object(campaign), status: 201)
                }
            case _ where request.method == "POST" && request.path.hasSuffix("/launch"):
                return campaigns.withLock { all in
                    guard let index = all.firstIndex(where: { request.path.contains("/\($0.text("id") ?? "?")/") }),
                        var campaign = all[index].object
                    else { return nil }
                    guard campaign["status"] == "SCHEDULED" else {
                        return .json(["errorCode": "E0000001"], status: 409)
                    }
                    campaign["status"] = "ACTIVE"
                    all[index] = .object(campaign)
                    return .init(202)
                }
            default: return request.method == "GET" ? .json(["errorCode": "E0000007"], status: 404) : nil
            }
        }
    }

    private func target(_ entity: String, _ parameters: [String: JSON] = [:]) throws -> ActionTarget {
        let kind: ActionTarget.Kind = ["app1": .application, "x": .other][entity] ?? .account
        return try ActionTarget(entity, kind, for: .createAccessReview, by: Okta.self, parameters)
    }

    @Test(
        "An access review starts one campaign, also if it is requested twice",
        arguments: [
            ("app1", [:], "RESOURCE", ["resourceId": "app1", "resourceType": "APPLICATION"], "admin"),
            ("x", ["group_id": "g1"], "RESOURCE", ["resourceId": "g1", "resourceType": "GROUP"], "admin"),
            ("app1", ["group_id": "g1"], "RESOURCE", ["resourceId": "g1", "resourceType": "GROUP"], "admin"),
            ("u1", ["group_id": "g2"], "RESOURCE", ["resourceId": "g2", "resourceType": "GROUP"], "admin"),
            ("u1", ["reviewer": "boss"], "USER", nil, "boss"),
        ] as [(String, [String: JSON], String, JSON?, String)])
    func beginsACampaignOnce(
        _ entity: String, _ parameters: [String: JSON], _ type: String, _ resource: JSON?, _ reviewer: String
    ) throws {
        let governance = Governance()
        let provider = try FakeProvider { governance.answer($0) }
        let connector = try ConnectorCase.okta.connect(provider)
        let target = try target(entity, parameters)
        #expect(try connector.outcome(of: .createAccessReview, on: target) == .notDone)
        let result = try connector.perform(.createAccessReview, on: target)
        #expect(result == ["platform": "okta", "external_id": .string(entity), "review_id": "campaign0"])
        #expect(try connector.outcome(of: .createAccessReview, on: target) == .done(result))
        // A second request returns the same campaign.
        #expect(try connector.perform(.createAccessReview, on: target) == result)
        let campaigns = governance.campaigns.withLock { $0 }
        #expect(campaigns.count == 1)
        let campaign = try #require(campaigns.first)
        #expect(campaign["status"] == "ACTIVE" && campaign["campaignType"] == .string(type))
        #expect(campaign["reviewerSettings"]?["reviewerId"] == .string(reviewer))
        #expect(campaign["resourceSettings"]?["targetResources"]?.array == resource.map { [$0] })
        #expect(campaign["principalScopeSettings"]?["userIds"] == (type == "USER" ? [.string(entity)] : nil))
        #expect(campaign["remediationSettings"]?["accessRevoked"] == "NO_ACTION")
        #expect(provider.unexpected.isEmpty && Okta.actions.contains(.createAccessReview))
    }

    /// A later attempt launches the campaign that the first one created.
    @Test("A failed launch does not lead to a second campaign") func aLaunchThatFailsMakesNoSecondCampaign() throws {
        let governance = Governance()
        let provider = try FakeProvider { governance.answer($0) }
        for _ in 0..<8 { provider.fail(.init(503), when: { $0.path.hasSuffix("/launch") }) }
        let connector = try ConnectorCase.okta.connect(provider)
        let target = try target("app1")
        let error = #expect(throws: ConnectorError.self) { try connector.perform(.createAccessReview, on: target) }
        #expect(error?.isTransient == true)
        while (try? connector.perform(.createAccessReview, on: target)) == nil {}
        #expect(governance.campaigns.withLock { $0.map { $0["status"] } } == ["ACTIVE"])
    }

    @Test("An unknown target or reviewer, or a group that is not the target's, is a configuration error")
    func whatOktaCannotReviewIsNamed() throws {
        let governance = Governance()
        let provider = try FakeProvider { governance.answer($0) }
        let connector = try ConnectorCase.okta.connect(provider)
        for target in try [
            target("nothing"), target("app1", ["reviewer": "nobody"]), target("app1", ["group_id": "g2"]),
            target("u1", ["group_id": "g3"]),
        ] {
            let error = #expect(throws: ConnectorError.self) {
                try connector.perform(.createAccessReview, on: target)
            }
            #expect(error?.kind == "configuration_invalid")
        }
        #expect(governance.campaigns.withLock { $0.isEmpty } && provider.unexpected.isEmpty)
    }

    @Test(
        "The error for an org without Okta Identity Governance names it, except for status 404",
        arguments: [401, 403, 404])
    func anOrgWithoutTheLicenseIsToldSo(_ status: Int) throws {
        let provider = try FakeProvider { _ in .json(["errorCode": "E0000015"], status: status) }
        let connector = try ConnectorCase.okta.connect(provider)
        let error = #expect(throws: ConnectorError.self) {
            try connector.perform(.createAccessReview, on: target("app1"))
        }
        #expect(error?.sentence.contains("Okta Identity Governance") == (status != 404))
    }

    /// An app that requests a scope without having it gets no token, so a sync must not request the governance scope.
    @Test("Only access reviews request the governance scope") func onlyAccessReviewsAskForTheirScope() throws {
        let governance = Governance()
        let scopes = Mutex<[String]>([])
        let provider = try FakeProvider { request in
            guard request.path == "/oauth2/v1/token" else {
                return request.path == "/api/v1/org" ? .json(["id": "o"]) : governance.answer(request)
            }
            scopes.withLock { $0 += request.form?.values("scope") ?? [] }
            return .json(["token_type": "Bearer", "access_token": "t1"])
        }
        let example = ConnectorCase(
            connector: Okta.self,
            config: ["domain": "example.okta.com", "client_id": "0oa1", "private_key": .string(TestKey.rsa)],
            org: { _ in nil }, emptyOrg: { _ in nil }, isPage: { _ in false }, throttled: { .init(429) },
            refused: .init(401), renewsTokens: true, counts: [:])
        let connector = try example.connect(provider)
        try connector.check()
        #expect(scopes.withLock { $0.allSatisfy { !$0.contains("governance") } && $0.count == 1 })
        _ = try connector.perform(.createAccessReview, on: target("app1"))
        #expect(scopes.withLock { $0.last?.contains("okta.governance.accessCertifications.manage") == true })
        #expect(provider.unexpected.isEmpty)
    }
}
