import Findings

/// One problem, one finding: a rule can take the place of others (`Rule.supersedes`), which then say nothing about the
/// same identity, application or device. A rule about the whole workspace silences others altogether.
struct Supersession {
    /// The entities about which rules are silent, by the rules' ids.
    private var entities: [String: Set<String>] = [:]
    /// The ids of the rules that are silent altogether.
    private var rules: Set<String> = []

    /// Finds out which rules the detections take the place of.
    init(of found: [[Detection]]) {
        for detection in found.joined() where !detection.rule.supersedes.isEmpty {
            if detection.rule.entity == .workspace {
                rules.formUnion(detection.rule.supersedes)
            } else if let entity = detection.entity {
                for rule in detection.rule.supersedes { entities[rule, default: []].insert(entity) }
            }
        }
    }

    /// Returns the detections whose place no other takes.
    func remaining(_ detections: [Detection]) -> [Detection] {
        detections.filter { detection in
            guard !rules.contains(detection.rule.id) else { return false }
            guard let silent = entities[detection.rule.id], let entity = detection.entity else { return true }
            return !silent.contains(entity)
        }
    }
}

extension Detection {
    /// The identity, application or device that the detection is about; nil if it is about none or about several.
    fileprivate var entity: String? {
        switch rule.entity {
        case .device: deviceID
        case .application: applicationID
        default: identityID
        }
    }
}
