import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// Behaviour that every connector must have, whatever its provider is like.
@Suite struct ContractTests {
    @Test("A connector pulls every page of every list, and each record once", arguments: ConnectorCase.all)
    func pullsEveryPageOfEveryList(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        let records = try pull { connector }
        #expect(Dictionary(grouping: records) { $0.key.kind }.mapValues(\.count) == example.counts)
        #expect(Set(records.map { $0.key.kind + "/" + $0.key.id }).count == records.count)
        #expect(provider.requests.filter(example.isPage).count >= 3)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("Another process can continue at any page", arguments: ConnectorCase.all)
    func anotherProcessGoesOnAtAnyPage(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        #expect(try pull { try example.connect(provider) }.byKey == pull { connector }.byKey)
        #expect(provider.unexpected.isEmpty)
    }

    /// If a list can't be read, the stored records of the kinds that it declares are kept. Records of an undeclared
    /// kind would be marked as gone.
    @Test("A list declares every kind of record that it returns", arguments: ConnectorCase.all)
    func everyListDeclaresItsKinds(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        for list in try example.connect(provider).collections {
            var cursor: JSON?
            repeat {
                let page = try list.page(cursor)
                #expect(list.kinds.isSuperset(of: page.records.map(\.kind)), "\(list.name)")
                cursor = page.next
            } while cursor != nil
        }
    }

    enum Fault: CaseIterable { case throttled, failed, cut }

    @Test(
        "A temporary fault in the middle of a list does not change the result",
        arguments: ConnectorCase.all, Fault.allCases)
    func aFaultInTheMiddleChangesNothing(_ example: ConnectorCase, _ fault: Fault) throws {
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        let expected = try pull { connector }.byKey
        let reply =
            switch fault {
            case .throttled: example.throttled()
            case .failed: FakeProvider.Reply(503)
            case .cut: FakeProvider.Reply.cut
            }
        provider.fail(reply, after: 1, when: example.isPage)
        let other = try example.connect(provider)
        #expect(try pull { other }.byKey == expected)
        #expect(provider.unexpected.isEmpty)
    }

    @Test("A malformed page is an error, not an empty page", arguments: ConnectorCase.all)
    func aMalformedPageIsNoEmptyOne(_ example: ConnectorCase) throws {
        for text in [#"{"unexpected":true}"#, "<html>", "", "[[["] {
            let provider = try FakeProvider(example.org)
            provider.fail(.init(text: text), after: 1, when: example.isPage)
            let connector = try example.connect(provider)
            let error = #expect(throws: ConnectorError.self) { try pull { connector } }
            #expect(error?.kind == "provider_error")
        }
    }

    @Test("An expired token is renewed, or reported as expired credentials", arguments: ConnectorCase.all)
    func aTokenThatRunsOutIsRenewed(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        let connector = try example.connect(provider)
        let expected = try pull { connector }.byKey
        provider.fail(example.refused, after: 1, when: example.isPage)
        let other = try example.connect(provider)
        if example.renewsTokens {
            #expect(try pull { other }.byKey == expected)
        } else {
            let error = #expect(throws: ConnectorError.self) { try pull { other } }
            #expect(error?.kind == "authentication_expired")
        }
    }

    @Test("An empty org is not an error", arguments: ConnectorCase.all)
    func anEmptyOrgIsNoError(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.emptyOrg)
        let connector = try example.connect(provider)
        #expect(try pull { connector }.allSatisfy { $0.key.kind == "application" })
        #expect(provider.unexpected.isEmpty)
    }

    @Test("Credentials are checked at the provider, and errors do not contain them", arguments: ConnectorCase.all)
    func credentialsAreCheckedAtTheProvider(_ example: ConnectorCase) throws {
        let provider = try FakeProvider(example.org)
        try example.connect(provider).check()
        #expect(!provider.requests.isEmpty)
        #expect(provider.unexpected.isEmpty)
        let stranger = try FakeProvider { _ in example.rejected ?? example.refused }
        let error = #expect(throws: ConnectorError.self) { try example.connect(stranger).check() }
        #expect(error?.kind == "authentication_expired")
        for case .string(let value) in example.config.values where value.count > 8 {
            #expect(error?.sentence.contains(value) == false)
        }
    }

    @Test("Malformed and unknown configuration fields are refused", arguments: ConnectorCase.all)
    func fieldsAreChecked(_ example: ConnectorCase) throws {
        for field in example.connector.fields where example.config[field.name] != nil {
            var config = example.config
            config[field.name] = "line\nbreak\0"
            let error = #expect(throws: CredentialErrors.self) { try Credentials(config, example.connector.fields) }
            #expect(error?.sentences.first?.hasPrefix("config.\(field.name) ") == true)
        }
        let error = #expect(throws: CredentialErrors.self) {
            try Credentials(["surprise": "x"], example.connector.fields)
        }
        #expect(error?.sentences.last?.hasPrefix("config.surprise ") == true)
    }

    // MARK: Parameters

    @Test("Only a connector's own actions declare parameters") func onlyActionsOfAConnectorTakeParameters() {
        for connector in Connectors.all {
            #expect(connector.actions.isSuperset(of: connector.parameters.keys), "\(connector.platform)")
            for declared in connector.parameters.values {
                #expect(Set(declared.map(\.name)).count == declared.count && !declared.isEmpty)
            }
        }
    }

    @Test("An undeclared parameter reaches no connector") func anUndeclaredParameterReachesNoConnector() {
        for connector in Connectors.all {
            for action in connector.actions {
                #expect(throws: ActionParameterError.self, "\(connector.platform) \(action)") {
                    try ActionTarget("x", for: action, by: connector, ["surprise": "x"])
                }
            }
        }
    }
}
