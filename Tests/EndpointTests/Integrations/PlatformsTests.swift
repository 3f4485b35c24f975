import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors
@testable import api_platforms

/// GET /api/platforms. `PlatformTableTests` compares the same declarations with the connectors.
@Suite(.usesStore) struct PlatformsTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func platforms() -> [JSON] {
        let call = Call(query: "workspaceId=\(store.own.id)").session(store.own.token(.viewer))
        return store.send(call, to: PlatformsFunction.self).json["platforms"]?.array ?? []
    }

    @Test("Every platform is listed by its identifier") func everyPlatform() {
        #expect(platforms().compactMap { $0["platform"]?.string } == Platform.allCases.map(\.rawValue).sorted())
        for platform in platforms() {
            #expect(platform["credential_fields"]?.array?.isEmpty == false)
            let isSynced = platform["platform"] != "outbound"
            // HR systems are only read.
            #expect(platform["actions"]?.array?.isEmpty == (!isSynced || platform["platform"] == "bamboohr"))
            #expect(platform["lists"]?.array?.isEmpty == !isSynced)
            #expect(platform["permissions"]?.string?.hasSuffix(".") == true)
        }
    }

    @Test("A platform has its fields, scopes, actions with parameters, and lists") func onePlatform() throws {
        let jamf = try #require(platforms().first { $0["platform"] == "jamf_pro" })
        #expect(jamf["name"] == "Jamf Pro" && jamf["category"] == "mdm")
        #expect(
            jamf["credential_fields"] == [
                [
                    "name": "url", "required": true, "secret": false,
                    "summary": "The server, such as https://example.jamfcloud.com.",
                ],
                [
                    "name": "client_id", "required": true, "secret": false,
                    "summary": "The client ID of an API client.",
                ],
                [
                    "name": "client_secret", "required": true, "secret": true,
                    "summary": "The secret of that API client.",
                ],
            ])
        #expect(jamf["needed_scopes"]?.array?.first == "Read Computers")
        let pin: JSON = ["name": "pin", "required": "no", "value": "a string of six digits"]
        #expect(
            jamf["actions"] == [
                ["action_type": "contain_host", "parameters": [pin]],
                ["action_type": "lock_device", "parameters": [pin]],
                ["action_type": "retire_device", "parameters": [pin]],
            ])
        #expect(
            jamf["lists"] == [
                ["name": "computers", "records": ["device"], "required": true],
                ["name": "mobile devices", "records": ["device"], "required": false],
            ])
        let okta = try #require(platforms().first { $0["platform"] == "okta" })
        #expect(okta["needed_scopes"]?.array?.contains("okta.users.manage") == true)
    }

    /// The fields that the answer calls required are those that a connection demands.
    @Test("A connection demands exactly the required fields") func requiredFields() throws {
        for platform in platforms() {
            let name = try #require(platform["platform"]?.string)
            let required = (platform["credential_fields"]?.array ?? []).filter { $0["required"] == true }
            do {
                _ = try Credentials([:], try #require(Connectors.of(name)).fields)
                #expect(required.isEmpty)
            } catch let errors as CredentialErrors {
                let demanded = required.compactMap { $0["name"]?.string }.map { "config.\($0) is required: " }
                #expect(errors.sentences.count == demanded.count)
                #expect(zip(errors.sentences, demanded).allSatisfy { $0.hasPrefix($1) })
            }
        }
    }
}
