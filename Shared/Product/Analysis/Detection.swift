public import Auth
public import Base
public import Findings
import Store

/// A problem that a rule has found. It becomes one finding.
public struct Detection: Sendable {
    /// The rule that found the problem.
    public let rule: Rule
    /// The key that identifies the finding in the workspace. It is the same in every run.
    public let key: String
    /// The severity that the workspace has decided, or else the one that the rule's query gives, or else the rule's own.
    public let severity: Severity
    /// The sentence that describes the problem.
    public let title: String
    let affectedEntities: JSON
    let affectedCount: Int
    let identityID: String?
    let applicationID: String?
    let deviceID: String?
    let sources: [String]
    /// The confidence, from 0 to 1.
    public let confidence: Double

    init(_ rule: Rule, key: String, _ facts: Facts, sources: [String], historyOf days: Int, at now: Timestamp) {
        self.rule = rule
        self.key = key.isEmpty ? rule.id : rule.id + ":" + key
        let computed = rule.hasDecidedSeverity ? nil : facts["severity"].first.flatMap(Severity.init)
        severity = computed ?? rule.severity
        title = rule.say.fill(at: now) { facts[$0] }
        affectedEntities = facts.entities.json
        affectedCount = facts["affected_count"].first.flatMap { Int($0) } ?? max(1, facts["identity_id"].count)
        let isGeneral = rule.entity == .application || rule.entity == .workspace || rule.entity == .integration
        identityID = isGeneral ? nil : facts["identity_id"].only
        applicationID = rule.entity == .application ? facts["application_id"].only : nil
        deviceID = rule.entity == .device ? facts["device_id"].only : nil
        let named = facts["source"].values
        self.sources = named.isEmpty ? sources : named
        confidence = rule.evidence.confidence(historyOf: days)
    }

    /// The detection in the form that `FindingsUpdate` stores.
    var problem: FoundProblem {
        FoundProblem(
            key: key, ruleID: rule.id, category: rule.category, severity: severity, title: title,
            affectedEntities: affectedEntities, affectedCount: affectedCount, identityID: identityID,
            applicationID: applicationID, deviceID: deviceID, recommendedAction: rule.recommendedAction,
            actionType: rule.action, sources: sources, confidence: confidence)
    }
}

extension Workspace {
    /// Returns for each of the rules, in their order, its results in the order of their keys, all from one view of the
    /// data. Calls `spent` with the milliseconds that each shared table and each rule took.
    public func detections(
        of rules: [Rule], from sources: ConnectedSources, at now: Timestamp,
        spent: (_ id: String, _ milliseconds: Int) -> Void = { _, _ in }
    ) throws -> [[Detection]] {
        func timed<Result>(_ id: String, _ body: () throws -> Result) rethrows -> Result {
            let start = ContinuousClock.now
            defer { spent(id, (ContinuousClock.now - start).milliseconds) }
            return try body()
        }
        let questions = rules.map { $0.question(over: Prelude.overTemporaryTables) }
        var words = questions.reduce(into: Set<Substring>()) { $0.formUnion($1.words) }
        // A shared table may query earlier ones.
        for table in Prelude.sharedTables.reversed() where words.contains(Substring(table.name.description)) {
            words.formUnion(table.question.words)
        }
        return try snapshot {
            var found: [String: [Detection]] = [:]
            func find(_ rule: Rule, by question: SQL) throws -> [Detection] {
                if let known = found[rule.id] { return known }
                return try timed(rule.id) { try detections(of: rule, by: question, from: sources, at: now) }
            }
            // Materializes only the tables that a rule queries.
            for table in Prelude.sharedTables where words.contains(Substring(table.name.description)) {
                try timed("table \(table.name)") {
                    try materialize(table.temporary, table.query.values(at: now))
                    if table.name.description == "trusted_addresses" { try addTrustedAddresses(at: now) }
                }
                guard table.name.description == "break_ins" else { continue }
                let breakInRules = Prelude.breakInRules.map(\.description)
                for (rule, question) in zip(rules, questions) where breakInRules.contains(rule.id) {
                    found[rule.id] = try find(rule, by: question)
                }
                try addBreakIns(found.values.flatMap { $0 })
            }
            return try zip(rules, questions).map { rule, question in try find(rule, by: question) }
        }
    }

    /// Returns the results of a rule, in the order of their keys.
    func detections(of rule: Rule, from sources: ConnectedSources, at now: Timestamp) throws -> [Detection] {
        try detections(of: rule, by: rule.question(over: Prelude.all), from: sources, at: now)
    }

    private func detections(
        of rule: Rule, by question: SQL, from sources: ConnectedSources, at now: Timestamp
    ) throws -> [Detection] {
        var columns: FactColumns?
        var found: [String: Facts] = [:]
        try forEachRow(question, rule.find.values(at: now)) { row in
            let names = columns ?? FactColumns(row)
            columns = names
            found[names.key(of: row), default: Facts(names)].add(row)
        }
        let platforms = sources.platforms(for: rule)
        let days = rule.evidence == .habit && !found.isEmpty ? try daysOfHistory(at: now) : 0
        return found.sorted { $0.key < $1.key }.map { key, facts in
            Detection(rule, key: key, facts, sources: platforms, historyOf: days, at: now)
        }
    }
}

extension Rule {
    /// Returns the rule's query, preceded by the definitions of the tables that it needs.
    fileprivate func question(over tables: [PreludeTable]) -> SQL {
        PreludeTable.clause(for: find.sql, of: tables) + find.sql
    }
}

extension Workspace {
    /// Returns the number of days since which the logs of all identity providers are complete.
    fileprivate func daysOfHistory(at now: Timestamp) throws -> Int {
        let query: SQL = "SELECT since FROM log_start"
        let since = try first(PreludeTable.clause(for: query, of: Prelude.plain) + query) { try $0[0] as Timestamp? }
        guard let since = since ?? nil else { return 0 }
        return max(0, (now.seconds - since.seconds) / .days(1))
    }

    /// Adds the people that these detections are about to the table `break_ins`, except for findings that are
    /// dismissed or snoozed.
    fileprivate func addBreakIns(_ detections: [Detection]) throws {
        guard !detections.isEmpty else { return }
        let decided = try rows(
            "SELECT finding_key FROM findings WHERE workspace_id = $1 AND status IN ('dismissed', 'snoozed')"
        ) { try $0[0] as String }
        let quiet = Set(decided)
        for detection in detections where !quiet.contains(detection.key) {
            guard let identity = detection.identityID else { continue }
            try execute("INSERT INTO break_ins (workspace_id, identity_id) VALUES ($1, $2)", identity)
        }
    }

    /// Fills the table `trusted_addresses` with the addresses of sign-ins that lie in a trusted network.
    fileprivate func addTrustedAddresses(at now: Timestamp) throws {
        let networks = try rows(
            "SELECT value FROM workspace_marks WHERE workspace_id = $1 AND kind = $2",
            WorkspaceMark.trustedNetworks.rawValue
        ) { try $0[0] as String }.compactMap { IPRange($0) }
        guard !networks.isEmpty else { return }
        let addresses = try rows(
            """
            SELECT DISTINCT ip_address FROM audit_events
            WHERE workspace_id = $1 AND event_type = 'user.session.start' AND ip_address IS NOT NULL
                AND epoch(occurred_at) >= epoch($2)
            """, now - .days(60)
        ) { try $0[0] as String }
        for text in addresses {
            guard let address = IPAddress(text), networks.contains(where: { $0.contains(address) }) else { continue }
            try execute("INSERT INTO trusted_addresses (workspace_id, ip_address) VALUES ($1, $2)", text)
        }
    }
}
