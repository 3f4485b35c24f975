import Analysis
import Base
import Findings

/// One problem of the company: which rule finds it, on what, and in which words.
struct Planted {
    /// What a finding is about.
    enum Subject {
        case person(Person)
        case application(Application)
        case device(Device)
        /// A platform, and what on it, if not the whole.
        case platform(Platform, String?)
        /// An account that belongs to nobody whom the company knows.
        case account(Account)
        case workspace
    }

    let rule: Rule
    let severity: Severity
    let subject: Subject
    /// Those who are affected beside the subject.
    let people: [Person]
    let platforms: [Platform]
    /// Since when the problem can have been found.
    let since: Timestamp
    let sentence: String
    var status = Status.open

    /// What has become of a finding.
    enum Status {
        case open, inProgress
        case snoozed(until: Timestamp, reason: String)
        case dismissed(reason: String)
        case resolved(at: Timestamp)
    }

    /// Whether it counts towards the risk score, as far as its status goes.
    var isOpen: Bool {
        switch status {
        case .open, .inProgress: true
        case .snoozed, .dismissed, .resolved: false
        }
    }

    /// What tells it from the rule's other findings, the same at every analysis.
    var key: String {
        switch subject {
        case .person(let person): "\(rule.id):\(person.id)"
        case .application(let application): "\(rule.id):\(application.id)"
        case .device(let device): "\(rule.id):\(device.id)"
        case .platform(let platform, let part): "\(rule.id):\(platform.rawValue)" + (part.map { ":" + $0 } ?? "")
        case .account(let account): "\(rule.id):\(account.id)"
        case .workspace: rule.id
        }
    }

    /// Whether it is about a person or a device of theirs.
    func isAbout(_ person: Person) -> Bool {
        switch subject {
        case .person(let subject): subject === person
        case .device(let device): device.owner === person
        case .application, .platform, .account, .workspace: false
        }
    }

    /// Whether a drift snapshot counts it while it is open: what is said about findings is no further problem.
    var isCounted: Bool { isOpen && rule.category != .driftSignal && rule.category != .findingCorrelation }

    /// The entities by kind, as the API shows them.
    var affectedEntities: JSON {
        var entities: [String: JSON] = [:]
        var affected = people
        switch subject {
        case .person(let person): affected.insert(person, at: 0)
        case .application(let application):
            entities["applications"] = [["id": .string(application.id.description), "name": .string(application.name)]]
        case .device(let device):
            entities["devices"] = [["id": .string(device.id.description), "name": .string(device.hostname)]]
        case .platform(let platform, let part):
            entities["integrations"] = [
                ["name": .string(part ?? platform.name), "platform": .string(platform.rawValue)]
            ]
        case .account(let account):
            entities["accounts"] = [
                [
                    "id": .string(account.id.description), "name": .string(account.username),
                    "platform": .string(account.platform.rawValue),
                ]
            ]
        case .workspace: break
        }
        if !affected.isEmpty {
            entities["identities"] = .array(
                affected.map { person in
                    [
                        "email": .string(person.email), "id": .string(person.id.description),
                        "name": .string(person.name),
                    ]
                })
        }
        return .object(entities)
    }

    /// How many entities it affects.
    var affectedCount: Int {
        if case .person = subject { return 1 + people.count }
        return max(1, people.count)
    }
}

extension Company {
    /// Writes down that a rule finds a problem. Without a moment from which it can be found, it is somewhere in the
    /// last seven weeks, and in the last one more often.
    func plant(
        _ ruleID: String, _ severity: Severity? = nil, on subject: Planted.Subject, affecting people: [Person] = [],
        from platforms: [Platform], since: Timestamp? = nil, _ sentence: String
    ) throws {
        guard let rule = Rule.named(ruleID) else { throw DemonstrationError.unknownRule(ruleID) }
        let isNew = (severity ?? rule.severity) != .critical && chance(30)
        let found = since ?? ago(days: isNew ? number(0..<6) : number(8..<50))
        planted.append(
            Planted(
                rule: rule, severity: severity ?? rule.severity, subject: subject, people: people,
                platforms: platforms, since: found, sentence: sentence))
    }
}
