public import Findings
public import Integrations
import Store

/// A rule that finds problems in a workspace's data. Its declaration contains the query that finds them, the sentence
/// that describes them, and the recommended action.
public struct Rule: Sendable {
    /// The id, `category::name`.
    public let id: String
    /// The kind of problem, in a few words.
    public let title: String
    /// The category to which the rule belongs.
    public let category: Category
    /// The severity of the rule's findings. If the query computes severities, this is the worst one; of a rule that
    /// judges actors, it is the one before it is raised or lowered.
    public private(set) var severity: Severity
    /// True if the workspace has decided about the severity, so that the query's severities do not count.
    private(set) var hasDecidedSeverity = false
    /// The kind of entity that the rule's findings are about.
    public let entity: EntityType
    /// The kinds of platforms that the rule needs: if none of a kind is connected and has synced, the rule does not
    /// run.
    public let needs: [Source]
    /// The ids of rules whose findings tell a part of what this rule's finding tells about the same entity. They fall
    /// silent about it.
    public let supersedes: [String]
    /// The query that finds the problems, as one set-based statement.
    public let find: RuleQuery
    /// The sentence of a finding.
    public let say: Sentence
    /// The recommendation, in one sentence.
    public let recommendedAction: String
    /// The action that carries out the recommendation or helps with it, if there is one.
    public let action: ActionType?
    /// The evidence for the rule's findings, from which their confidence follows.
    public let evidence: Evidence

    /// True if a finding's severity may be a step higher or lower than the rule's, by what is usual for the person who
    /// made the change that the finding is about.
    public var judgesActors: Bool { find.sql.words.contains("actor_context") }

    /// Returns the rule with another severity for all its findings.
    func with(severity: Severity) -> Rule {
        var rule = self
        rule.severity = severity
        rule.hasDecidedSeverity = true
        return rule
    }

    /// The reasons for the rule; nil only for a rule that lacks them, which a test refuses.
    public var background: Background? { Background.ofRule(id) }

    /// Creates a rule whose id consists of the category's name and `name`.
    public init(
        _ category: Category, _ name: String, _ severity: Severity, on entity: EntityType, _ title: String,
        needs: [Source] = [], supersedes: [String] = [], evidence: Evidence = .reported, find: RuleQuery, say: Sentence,
        recommend recommendedAction: String,
        action: ActionType? = nil
    ) {
        id = category.rawValue + "::" + name
        self.title = title
        self.category = category
        self.severity = severity
        self.entity = entity
        self.needs = needs
        self.supersedes = supersedes
        self.find = find
        self.say = say
        self.recommendedAction = recommendedAction
        self.action = action
        self.evidence = evidence
    }
}
