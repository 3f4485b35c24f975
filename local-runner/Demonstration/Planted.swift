import Analysis
import Base
import Findings

/// A problem of the company: the rule that finds it, its subject, and the sentence of its finding.
struct Planted {
    /// The subject of a finding.
    enum Subject {
        case person(Person)
        case application(Application)
        case device(Device)
        /// A platform and the name of its affected part, such as a repository; nil if the whole platform is affected.
        case platform(Platform, String?)
        /// An account without a person.
        case account(Account)
        case workspace
    }

    let rule: Rule
    let severity: Severity
    let subject: Subject
    /// The affected people, except the subject if that is a person.
    let people: [Person]
    let platforms: [Platform]
    /// The time from which the problem could be found.
    let since: Timestamp
    let sentence: String
    var status = Status.open

    /// The status of a finding.
    enum Status {
        case open, inProgress
        case snoozed(until: Timestamp, reason: String)
        case dismissed(reason: String)
        case resolved(at: Timestamp)
    }

    /// True if the status lets the finding count towards the risk score.
    var isOpen: Bool {
        switch status {
        case .open, .inProgress: true
        case .snoozed, .dismissed, .resolved: false
        }
    }

    /// The key of the finding, which distinguishes it from others of the same rule. Every analysis gives the finding
    /// the same key.
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

    /// Returns true if the subject of the finding is `person` or a device of `person`.
    func isAbout(_ person: Person) -> Bool {
        switch subject {
        case .person(let subject): subject === person
        case .device(let device): device.owner === person
        case .application, .platform, .account, .workspace: false
        }
    }

    /// True if drift snapshots count the finding: its status is open or in progress, and it is neither a drift signal
    /// nor a correlation.
    var isCounted: Bool { isOpen && rule.category != .driftSignal && rule.category != .findingCorrelation }

    /// The affected entities by kind, as the API returns them.
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

    /// The number of affected people, or 1 if there are none.
    var affectedCount: Int {
        if case .person = subject { return 1 + people.count }
        return max(1, people.count)
    }
}

extension Company {
    /// Plants a problem. Without `since`, the problem appeared at a random time: 8 to 50 days ago, or with a chance of
    /// 30 per cent, if it is not critical, in the last six days.
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
