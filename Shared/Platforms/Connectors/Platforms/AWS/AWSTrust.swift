import Base

/// The most dangerous permission to assume a role that the role's trust policy gives.
struct AWSTrust {
    /// The widths in ascending order. A service assumes roles only for those who may pass it a role in the own account,
    /// and the company's own identity providers only know its own people and programs
    /// (docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
    enum Width: Int { case service, identityProvider, ownAccount, otherAccount, anyone }

    let width: Width
    var account: String?
    /// The identity provider whose users are strangers.
    var provider: String?
    let hasCondition: Bool

    var metadata: [String: JSON] {
        let trusts =
            switch width {
            case .service: "service"
            case .identityProvider: "identity_provider"
            case .ownAccount: "account"
            case .otherAccount: "other_account"
            case .anyone: "anyone"
            }
        var metadata: [String: JSON] = ["trusts": .string(trusts), "has_condition": hasCondition ? "yes" : "no"]
        metadata["trusted_account"] = account.map(JSON.string)
        metadata["trusted_provider"] = provider.map(JSON.string)
        return metadata
    }

    /// Returns the most dangerous permission; nil if the policy lets no principal assume the role.
    static func widest(in policy: JSON, ownAccount: String) -> AWSTrust? {
        // A single statement may stand outside a list.
        let statements = policy["Statement"]?.array ?? policy["Statement"].map { [$0] } ?? []
        let trusts = statements.filter { $0.text("Effect") == "Allow" }.flatMap { statement in
            let principal = statement["Principal"]
            let condition = statement["Condition"]
            let hasCondition = limitsCallers(condition)
            let accounts = principal?.string.map { [$0] } ?? names(principal?["AWS"])
            return accounts.map { ofAccount($0, hasCondition, ownAccount: ownAccount) }
                + names(principal?["Federated"]).map { ofProvider($0, condition) }
                + names(principal?["Service"]).map { _ in AWSTrust(width: .service, hasCondition: hasCondition) }
        }
        return trusts.max { $0.danger < $1.danger }
    }

    private static func ofAccount(_ principal: String, _ hasCondition: Bool, ownAccount: String) -> AWSTrust {
        if principal == "*" { return AWSTrust(width: .anyone, hasCondition: hasCondition) }
        let account = Self.account(principal)
        let width: Width = account == nil || account == ownAccount ? .ownAccount : .otherAccount
        return AWSTrust(width: width, account: width == .otherAccount ? account : nil, hasCondition: hasCondition)
    }

    /// A provider that strangers use lets anyone in, unless a condition limits whose tokens count.
    private static func ofProvider(_ principal: String, _ condition: JSON?) -> AWSTrust {
        let isLimited = limitsCallers(condition)
        guard let provider = AWSIdentityProvider.shared(principal) else {
            return AWSTrust(width: .identityProvider, hasCondition: isLimited)
        }
        let limitsHolders = limits(condition) { key, values, comparison in
            provider.limitsHolders(key, values, comparison)
        }
        guard !isLimited, !limitsHolders else { return AWSTrust(width: .identityProvider, hasCondition: true) }
        return AWSTrust(width: .anyone, provider: provider.name, hasCondition: false)
    }

    /// The keys of conditions that limit who may assume a role. Others, such as the region of the call, let in
    /// everybody that the principal names (docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    private static let limitingKeys: Set = [
        "sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn",
        "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:userid",
    ]

    /// Returns true if a condition limits who may assume the role: a comparison with one of `limitingKeys` that a caller
    /// without the key does not pass, and that not every value passes.
    ///
    /// Negated comparisons only exclude callers, and comparisons by size let in most of them. `…IfExists`,
    /// `ForAllValues:` and `Null` are true for requests without the key
    /// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    private static func limitsCallers(_ condition: JSON?) -> Bool {
        limits(condition) { key, values, _ in
            limitingKeys.contains(key.lowercased()) && !values.isEmpty && !values.contains("*")
        }
    }

    /// Returns true if a comparison that a caller without the key does not pass has a key with values that limit callers.
    /// `isLimit` judges the key, its values, and the comparison's name in lower case.
    private static func limits(_ condition: JSON?, by isLimit: (String, [JSON], String) -> Bool) -> Bool {
        (condition?.object ?? [:]).contains { comparison, keys in
            let comparison = comparison.lowercased()
            guard comparison.contains("equals") || comparison.contains("like"), !comparison.contains("not"),
                !comparison.hasSuffix("ifexists"), !comparison.hasPrefix("forallvalues:")
            else { return false }
            return (keys.object ?? [:]).contains { isLimit($0, $1.array ?? [$1], comparison) }
        }
    }

    /// The degree of danger. Another account without a condition is worse than anyone with a condition. Services, own
    /// identity providers and the own account are least dangerous, with or without a condition.
    private var danger: Int {
        width.rawValue + (width.rawValue > Width.ownAccount.rawValue && !hasCondition ? 2 : 0)
    }

    private static func names(_ principals: JSON?) -> [String] {
        principals?.array?.compactMap(\.string) ?? principals?.string.map { [$0] } ?? []
    }

    /// Returns the account in an ARN, or the account's bare number. Returns nil for any other text, such as the id of a
    /// principal that was deleted.
    private static func account(_ principal: String) -> String? {
        if AWSRecords.isAccountID(principal) { return principal }
        let parts = principal.split(separator: ":", omittingEmptySubsequences: false)
        // Only a service of AWS can use a service-linked role, such as that of CloudFormation's stack sets, with which the
        // organization's management account reaches its members.
        if parts.count >= 6, parts[5].hasPrefix("role/aws-service-role/") { return nil }
        return parts.count >= 6 && AWSRecords.isAccountID(parts[4]) ? String(parts[4]) : nil
    }
}
