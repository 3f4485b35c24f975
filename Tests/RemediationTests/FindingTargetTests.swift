public import Analysis
import Base
import Findings
import Integrations
import TestSupport
public import Testing

@testable import Remediation

/// The target of an action that remediates a finding.
@Suite struct FindingTargetTests {
    private let workspace = Identifier.random()
    private let identity = Identifier.random()
    private let application = Identifier.random()
    private let device = Identifier.random()

    private func target(
        _ action: ActionType, _ linked: [EntityType: Identifier] = [:], _ entities: JSON = [:],
        sources: JSON = ["okta", "slack"]
    ) -> [String]? {
        let finding = RemediableFinding(
            title: "T", actionType: nil, affectedEntities: entities, sourceIntegrations: sources, linked: linked,
            severity: .high)
        return finding.target(of: action, in: workspace).map { $0.platforms + [$0.entityID] }
    }

    private func entity(_ id: Identifier, _ name: JSON) -> JSON { ["id": .string(id.description), "name": name] }

    @Test("The entity that a finding is about is the target") func whatTheFindingIsAboutIsTheTarget() {
        let all: [EntityType: Identifier] = [.identity: identity, .application: application, .device: device]
        #expect(target(.suspendUser, all) == ["okta", "slack", identity.description])
        #expect(target(.blockApp, all) == ["okta", "slack", application.description])
        #expect(target(.containHost, all) == ["okta", "slack", device.description])
        #expect(target(.createTicket, [.device: device, .identity: identity])?.last == device.description)
        #expect(target(.revokeOAuthToken, [.application: application])?.last == application.description)
    }

    @Test("A person's target is on the platforms of the accounts that the finding lists") func listedAccounts() {
        let account: JSON = ["id": "a1", "name": "A", "platform": "slack"]
        let entities: JSON = ["identities": [entity(identity, "A")], "accounts": [account, account]]
        #expect(target(.suspendUser, [.identity: identity], entities) == ["slack", identity.description])
    }

    @Test("If only one entity is listed, it is the target too") func anOnlyEntityIsTheTargetToo() {
        let accounts: JSON = ["accounts": [["id": "a1", "name": "stranger", "platform": "github"]]]
        #expect(target(.suspendUser, [:], accounts) == ["github", "a1"])
        let role: JSON = ["integrations": [["name": "data-export", "platform": "aws"]]]
        #expect(target(.rotateCredentials, [:], role) == ["aws", "data-export"])
    }

    @Test("None of several entities is chosen") func noneIsPickedOutOfSeveral() {
        let people: JSON = ["identities": [entity(identity, "A")], "accounts": [entity(.random(), "B")]]
        #expect(target(.suspendUser, [:], people) == nil)
        #expect(target(.lockDevice, [.identity: identity], people) == nil)
        #expect(target(.createTicket, [:], people) == ["okta", "slack", workspace.description])
    }

    @Test("Malformed entities give no target") func entitiesOfOtherShapesAreNone() {
        for entities: JSON in [.null, [], "x", ["identities": "x"], ["identities": [7]], ["identities": [["id": 7]]]] {
            #expect(target(.suspendUser, [:], entities) == nil)
        }
    }

    @Test("A finding without a source platform uses the product as the platform")
    func withoutASourceTheProductIsThePlatform() {
        for sources: JSON in [[], .null, [7]] {
            #expect(target(.createTicket, sources: sources) == ["thalian", workspace.description])
        }
    }

    /// Every action that a rule recommends must be able to act on the entity of the rule's findings. A device's finding
    /// also names the device's owner.
    @Test("A rule recommends an action that fits the entity of its findings", arguments: Rule.all)
    func rulesRecommendWhatCanBeDone(_ rule: Rule) throws {
        guard let action = rule.action else { return }
        let entities: Set<EntityType> = rule.entity == .device ? [.device, .identity] : [rule.entity]
        #expect(!entities.isDisjoint(with: action.targets), "\(rule.id)")
    }
}

extension Rule: CustomTestStringConvertible {
    public var testDescription: String { id }
}
