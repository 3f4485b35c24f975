import Auth
import Base
import Findings
import Store

/// What a rule has found, once: what becomes a finding.
public struct Detection: Sendable {
    /// The rule that found it.
    public let rule: Rule
    /// What tells it from all other findings of the workspace, the same at every run.
    public let key: String
    /// How bad it is.
    public let severity: Severity
    /// The sentence.
    public let title: String
    let affectedEntities: JSON
    let affectedCount: Int
    let identityID: String?
    let applicationID: String?
    let deviceID: String?
    let sources: [String]

    init(_ rule: Rule, key: String, _ facts: Facts, sources: [String], at now: Timestamp) {
        self.rule = rule
        self.key = key.isEmpty ? rule.id : rule.id + ":" + key
        severity = facts["severity"].first.flatMap(Severity.init) ?? rule.severity
        title = rule.say.fill(at: now) { facts[$0] }
        affectedEntities = facts.entities.json
        affectedCount = facts["affected_count"].first.flatMap { Int($0) } ?? max(1, facts["identity_id"].count)
        let isGeneral = rule.entity == .application || rule.entity == .workspace || rule.entity == .integration
        identityID = isGeneral ? nil : facts["identity_id"].only
        applicationID = rule.entity == .application ? facts["application_id"].only : nil
        deviceID = rule.entity == .device ? facts["device_id"].only : nil
        let named = facts["source"].values
        self.sources = named.isEmpty ? sources : named
    }
}

extension Workspace {
    /// What each of the rules finds now, in the order of the keys, on one view of the data. `spent` is told what took how
    /// many milliseconds: each of the tables that they share, and each rule.
    public func detections(
        of rules: [Rule], from sources: ConnectedSources, at now: Timestamp,
        spent: (_ id: String, _ milliseconds: Int) -> Void = { _, _ in }
    ) throws -> [[Detection]] {
        func timed<Result>(_ id: String, _ body: () throws -> Result) rethrows -> Result {
            let start = ContinuousClock.now
            defer { spent(id, (ContinuousClock.now - start).milliseconds) }
            return try body()
        }
        return try survey {
            for table in Prelude.sharedTables {
                try timed("table \(table.name)") { try keep(table.kept, table.query.values(at: now)) }
            }
            return try rules.map { rule in
                try timed(rule.id) { try detections(of: rule, over: Prelude.sqlOverKeptTables, from: sources, at: now) }
            }
        }
    }

    /// What a rule finds now, in the order of the keys.
    func detections(of rule: Rule, from sources: ConnectedSources, at now: Timestamp) throws -> [Detection] {
        try detections(of: rule, over: Prelude.sql, from: sources, at: now)
    }

    private func detections(
        of rule: Rule, over prelude: SQL, from sources: ConnectedSources, at now: Timestamp
    ) throws -> [Detection] {
        var columns: FactColumns?
        var found: [String: Facts] = [:]
        try forEachRow(prelude + rule.find.sql, rule.find.values(at: now)) { row in
            let names = columns ?? FactColumns(row)
            columns = names
            found[names.key(of: row), default: Facts(names)].add(row)
        }
        let platforms = sources.platforms(for: rule)
        return found.sorted { $0.key < $1.key }.map { key, facts in
            Detection(rule, key: key, facts, sources: platforms, at: now)
        }
    }
}
