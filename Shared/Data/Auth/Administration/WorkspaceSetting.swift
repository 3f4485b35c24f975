public import Base

/// A new value of one setting of a workspace.
public enum WorkspaceSetting: Sendable, Equatable {
    case name(String)
    case plan(Plan)
    case trialEnd(Timestamp?)
    case allowedAddresses([String])
    case requiresSecondFactor(Bool)
    case sessionTimeoutHours(Int?)
    case riskSettings([String: JSON])
    /// The values of a mark, in lower case.
    case marks(WorkspaceMark, [String])
    /// The tier of an action, which decides if a person must approve the action when an API key requests it. Nil
    /// restores the product's default tier.
    case tier(action: String, tier: String?)

    /// The names of the settings, as an operator writes them, each with a description of its values.
    public static let keys = [
        ("name", "TEXT"), ("plan", Plan.allCases.map(\.rawValue).joined(separator: "|")),
        ("trial_ends_at", "2026-05-15T00:00:00Z|none"), ("ip_allowlist", "ADDRESS[/LENGTH],…|none"),
        ("mfa_required", "true|false"), ("session_timeout_hours", "1|4|8|24|72|none"),
        ("risk_settings", "JSON"), ("emergency_accounts", "E-MAIL-OR-USER-NAME,…|none"),
        ("company_domains", "DOMAIN,…|none"),
        ("trusted_networks", "ADDRESS[/LENGTH],…|none"),
        ("contractor_marks", "department:TEXT|title:TEXT|address:BEGINNING-OF-E-MAIL,…|none"),
        ("tiers.ACTION", "TIER|default"),
    ]

    private static let none = "none"
    private static let tierPrefix = "tiers."

    /// Reads `KEY=VALUE`, where KEY is the name of a setting.
    ///
    /// - Parameters:
    ///   - actions: The actions that can have a tier.
    ///   - tiers: The names of the tiers.
    /// - Throws: `AdministrationError` with the reason why it can't be read.
    public init(_ text: String, actions: [String], tiers: [String]) throws(AdministrationError) {
        guard let (keyPart, valuePart) = text.cut(at: "=") else {
            throw .invalidSetting("\"\(text)\" is not a setting; write KEY=VALUE, such as mfa_required=true.")
        }
        let (key, value) = (String(keyPart), String(valuePart))
        func refusal(_ form: String) -> AdministrationError {
            .invalidSetting("\(key)=\(value) can't be read; write \(form).")
        }
        if key.hasPrefix(Self.tierPrefix) {
            let action = String(key.dropFirst(Self.tierPrefix.count))
            guard actions.contains(action) else {
                throw .invalidSetting("There is no action \(action); \(NearestWord.advice(action, actions))")
            }
            guard value == "default" || tiers.contains(value) else {
                throw refusal((tiers + ["default"]).joined(separator: ", "))
            }
            self = .tier(action: action, tier: value == "default" ? nil : value)
            return
        }
        switch key {
        case "name": self = .name(try Self.checkedName(value))
        case "plan":
            guard let plan = Plan(rawValue: value) else {
                throw refusal(Plan.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self = .plan(plan)
        case "trial_ends_at":
            let end = Timestamp(value)
            guard end != nil || value == Self.none else {
                throw refusal("a time such as 2026-05-15T00:00:00Z, or none")
            }
            self = .trialEnd(end)
        case "ip_allowlist":
            let entries = value == Self.none ? [] : value.split(separator: ",", omittingEmptySubsequences: false)
            for entry in entries where IPRange(String(entry)) == nil {
                throw .invalidSetting(
                    "ip_allowlist: \"\(entry)\" is neither an address nor a range; "
                        + "write 203.0.113.7, 2001:db8::/32 or none.")
            }
            self = .allowedAddresses(entries.map(String.init))
        case "mfa_required":
            guard let isRequired = ["true": true, "false": false][value] else { throw refusal("true or false") }
            self = .requiresSecondFactor(isRequired)
        case "session_timeout_hours":
            let hours = ["1": 1, "4": 4, "8": 8, "24": 24, "72": 72][value]
            guard value == Self.none || hours != nil else {
                throw refusal("1, 4, 8, 24, 72 or none")
            }
            self = .sessionTimeoutHours(hours)
        case "risk_settings":
            guard let settings = (try? JSON(parsing: value.utf8))?.object, value.utf8.count <= 4_096 else {
                throw refusal("a JSON object of at most 4096 bytes, such as {}")
            }
            self = .riskSettings(settings)
        case _ where WorkspaceMark(rawValue: key) != nil:
            guard let mark = WorkspaceMark(rawValue: key) else { throw refusal(Self.none) }
            let entries = value == Self.none ? [] : value.split(separator: ",", omittingEmptySubsequences: false)
            guard entries.count <= WorkspaceMark.mostValues else {
                throw .invalidSetting("\(key) has more than \(WorkspaceMark.mostValues) values.")
            }
            var values: Set<String> = []
            for entry in entries {
                guard let checked = mark.checked(String(entry)) else {
                    throw .invalidSetting("\(key): \"\(entry)\" can't be read; write \(mark.form), or none.")
                }
                values.insert(checked)
            }
            self = .marks(mark, values.sorted())
        default:
            throw .invalidSetting("There is no setting \(key); \(NearestWord.advice(key, Self.keys.map(\.0)))")
        }
    }

    /// Returns a workspace's name, trimmed. Throws an error if it is empty, has more than 200 characters, or has a
    /// character that controls a terminal or hides text.
    static func checkedName(_ text: String) throws(AdministrationError) -> String {
        let name = String(text.trimmed)
        guard (1...200).contains(name.unicodeScalars.count),
            !name.unicodeScalars.contains(where: \.isHarmful)
        else { throw .invalidName }
        return name
    }
}
