import Analysis
@_spi(System) import Auth
import Base
import Findings
import Store
import Testing

/// The rules find in the demonstration company exactly what has been planted there.
@Suite struct EngineTests {
    @Test(arguments: Category.allCases)
    func everyRuleFindsWhatIsPlantedAndNothingElse(_ category: Findings.Category) throws {
        let now = SeededDatabase.moment
        let seeded = try SeededDatabase(now: now)
        let workspace = try #require(try SystemAccess(seeded.database).workspace(seeded.workspaceID))
        let sources = try workspace.connectedSources()
        for rule in Rule.all where rule.category == category {
            let planted = try seeded.texts(
                "SELECT finding_key || ' ' || severity FROM findings WHERE workspace_id = $1 AND rule_id = $2 AND status <> 'resolved'",
                rule.id)
            guard sources.missing(for: rule) == nil else {
                #expect(planted == [], "\(rule.id)")
                continue
            }
            let found: [Detection]
            do {
                found = try workspace.detections(of: rule, from: sources, at: now)
            } catch {
                Issue.record("\(rule.id): \(error)")
                continue
            }
            #expect(Set(found.map { "\($0.key) \($0.severity.rawValue)" }) == Set(planted), "\(rule.id)")
            let sentences = try seeded.texts(
                "SELECT finding_key || ' ' || title FROM findings WHERE workspace_id = $1 AND rule_id = $2 AND status <> 'resolved'",
                rule.id)
            for detection in found where !sentences.contains("\(detection.key) \(detection.title)") {
                print("differs: \(detection.title)")
            }
        }
    }
}
