import Analysis
import Base
import Findings
import TestSupport
import Testing

@testable import api_mcp_rules

@Suite(.usesStore) struct RulesTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func read(_ query: String = "") -> JSON {
        store.send(Call(query: query).key(store.own.readKey), to: RulesFunction.self).json
    }

    @Test("Every rule is listed with all its fields") func everyRuleHasAllItsFields() throws {
        let rules = try #require(read()["rules"]?.array)
        let withInput = Rule.all.count(where: \.hasInput)
        #expect(rules.count == Rule.all.count && read()["total"] == .integer(withInput) && withInput > 100)
        #expect(read()["total_without_input"] == .integer(rules.count - withInput))
        let entities: Set = ["identity", "application", "device", "integration", "workspace"]
        for rule in rules {
            let id = try #require(rule["id"]?.string)
            let hasInput = Rule.named(id)?.hasInput == true
            #expect(rule.object?.count == (hasInput ? 6 : 7) && rule["has_input"] == (hasInput ? nil : false))
            #expect(rule["severity"]?.string.flatMap { Severity(rawValue: $0) } != nil, "\(id)")
            let category = try #require(rule["category"]?.string)
            #expect(Category(rawValue: category) != nil && id.hasPrefix(category + "::"), "\(id)")
            #expect(rule["title"]?.string?.isEmpty == false && rule["recommended_action"]?.string?.isEmpty == false)
            let types = (rule["affected_entity_types"]?.array ?? []).compactMap(\.string)
            #expect(!types.isEmpty && entities.isSuperset(of: types), "\(id)")
        }
        #expect(Set(rules.map { $0["id"]?.string }).count == rules.count)
        #expect(Set(rules.map { $0["category"]?.string }).count == Category.allCases.count)
    }

    @Test("The reasons for the rules of a category are added on request") func reasons() throws {
        let rules = try #require(read("category=drift_signal&include=reasons")["rules"]?.array)
        #expect(rules.count == Rule.all.count { $0.category == .driftSignal })
        for rule in rules {
            let reasons = try #require(rule["reasons"]?.object)
            #expect(reasons.count == 8 && reasons["rationale"]?.string?.isEmpty == false)
            #expect(reasons["data"]?.array?.isEmpty == false, "\(rule["id"] ?? .null)")
        }
        let attack = read("category=behavioral_anomaly&include=reasons")["rules"]?.array?.first {
            $0["id"] == "behavioral_anomaly::success_after_brute_force"
        }
        #expect(attack?["reasons"]?["techniques"] == ["T1110", "T1078.004"])
        #expect(attack?["reasons"]?["data"] == ["audit_events"])
        #expect(attack?["reasons"]?["supersedes"]?.array?.first == "behavioral_anomaly::brute_force")
        #expect(attack?["reasons"]?["severity_by_actor"] == false)
        let change = read("category=behavioral_anomaly&include=reasons")["rules"]?.array?.first {
            $0["id"] == "behavioral_anomaly::sign_on_policy_weakened"
        }
        #expect(change?["reasons"]?["severity_by_actor"] == true && change?["severity"] == "high")
    }

    @Test("A rule that is switched off is not listed") func rulesThatAreSwitchedOffAreNotActive() throws {
        let all = Rule.all.map(\.id)
        try store.own.setRule(all[3], isEnabled: false)
        try store.own.setRule(all[4], isEnabled: true)
        try store.other.setRule(all[5], isEnabled: false)
        try store.own.setRule("gone::rule", isEnabled: false)
        let active = (read()["rules"]?.array ?? []).compactMap { $0["id"]?.string }
        #expect(
            active == all.filter { $0 != all[3] } && read()["total"] == .integer(Rule.all.count(where: \.hasInput) - 1))
    }
}
