public import Auth
public import Base
import Store

extension Workspace {
    /// Adds open findings for the warm-up of a function, in a workspace that has none, and returns their ids.
    public func addSampleFindings(_ count: Int, at now: Timestamp = .now) throws -> [Identifier] {
        try audited {
            var update = try FindingsUpdate(self, now: now)
            try update.write((0..<count).map(FoundProblem.sample))
            return (
                update.opened.map(\.id),
                AuditEntry(
                    action: "analysis.completed", targetType: "workspace", targetID: id.description,
                    details: update.details, createdAt: now)
            )
        }
    }
}

extension FoundProblem {
    fileprivate static func sample(_ number: Int) -> FoundProblem {
        FoundProblem(
            key: "sample \(number)", ruleID: "sample", category: .identitySecurity, severity: .high,
            title: "A sample for the warm-up.",
            affectedEntities: AffectedEntities.json([.identities: [["name": "sample@example.com"]]]),
            affectedCount: 1, identityID: nil, applicationID: nil, deviceID: nil,
            recommendedAction: "Nothing is to be done.", actionType: nil, sources: [], confidence: 1)
    }
}
