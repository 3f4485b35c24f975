import Integrations
import Store

/// A kind of records that rules read.
public enum RuleInput: String, CaseIterable, Sendable {
    case accounts
    case applications
    case entitlements
    case grants = "oauth_grants"
    case keys = "access_keys"
    case devices
    /// The workspace's own API keys.
    case apiKeys = "api_keys"
    case events = "audit_events"
    case policies = "app_policies"
    case findings
    case snapshots = "drift_snapshots"
    /// The integrations themselves, of rules that read no records.
    case integrations
}

extension Rule {
    /// The kinds of records that the rule's query reads, by itself or through tables of the prelude.
    var inputs: [RuleInput] {
        let words = find.sql.words
        let read = Self.inputsOfTables.reduce(into: Set(RuleInput.allCases.filter { $0.isNamed(in: words) })) {
            if words.contains(Substring($1.name)) { $0.formUnion($1.inputs) }
        }
        return read.isEmpty ? [.integrations] : RuleInput.allCases.filter(read.contains)
    }

    /// The kinds of records that each table of the prelude reads, by itself or through earlier tables.
    private static let inputsOfTables: [(name: String, inputs: Set<RuleInput>)] = {
        let tables = Prelude.plain + Prelude.sharedTables.map { PreludeTable($0.name, $0.query.sql) } + Prelude.further
        return tables.reduce(into: []) { known, table in
            let words = table.query.words
            let own = Set(RuleInput.allCases.filter { $0.isNamed(in: words) })
            let read = known.filter { words.contains(Substring($0.name)) }.reduce(own) { $0.union($1.inputs) }
            known.append((table.name.description, read))
        }
    }()

    /// False if no platform that can be connected provides what the rule looks for, so that it can't find anything yet.
    public var hasInput: Bool { needs.allSatisfy(\.isProvided) && !Self.unprovided.contains(id) }

    /// The rules that need a field which no connector fills, though it fills the others.
    private static let unprovided: Set = [
        // No account is of the type `shared`.
        "identity_security::shared_mailbox_sign_in",
        // No grant has a time of its last use.
        "shadow_it::dormant_app_with_grants",
        // Licenses come from Zoom alone, which gives each person one, and programs have none there.
        "license_waste::licensed_twice", "license_waste::service_account_seat",
    ]
}

extension RuleInput {
    fileprivate func isNamed(in words: Set<Substring>) -> Bool {
        self != .integrations && words.contains(Substring(rawValue))
    }
}

extension Source {
    /// True if a platform that can be connected meets the need.
    fileprivate var isProvided: Bool {
        switch self {
        case .identityProvider, .applications, .devices, .deviceManagement: true
        case .category(let category): Platform.synced.contains { $0.category == category }
        case .platform(let platform): Self.isKnown(platform)
        case .oneOf(let platforms): platforms.contains(where: Self.isKnown)
        }
    }

    private static func isKnown(_ platform: String) -> Bool { Platform.synced.contains { $0.rawValue == platform } }
}
