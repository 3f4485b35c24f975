import Base
import Findings
import Store

/// A rule that finds problems in a workspace's data: one declaration, of what it looks for, what it says about what it
/// finds, and what to do about that.
public struct Rule: Sendable {
    /// `category::name`.
    public let id: String
    /// What it looks for, in a few words.
    public let title: String
    /// Where it belongs.
    public let category: Category
    /// How bad what it finds is; the worst of them where the question computes it.
    public let severity: Severity
    /// What its findings are about.
    public let entity: EntityType
    /// What must be connected for its answer to mean anything.
    public let needs: [Source]
    /// The question, one set-based query.
    public let find: RuleQuery
    /// The sentence of a finding.
    public let say: Sentence
    /// What to do about what it finds, one sentence.
    public let recommendedAction: String
    /// The action that does it, where the product can.
    public let action: ActionType?
    /// How sure it is of what it finds, from 0 to 1.
    public let confidence: Double

    /// A rule whose id is the category's name and `name`.
    public init(
        _ category: Category, _ name: String, _ severity: Severity, on entity: EntityType, _ title: String,
        needs: [Source] = [], find: RuleQuery, say: Sentence, recommend recommendedAction: String,
        action: ActionType? = nil, confidence: Double = 0.95
    ) {
        id = category.rawValue + "::" + name
        self.title = title
        self.category = category
        self.severity = severity
        self.entity = entity
        self.needs = needs
        self.find = find
        self.say = say
        self.recommendedAction = recommendedAction
        self.action = action
        self.confidence = confidence
    }
}
