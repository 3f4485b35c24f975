import Base

/// The most dangerous permission to assume a role that the role's trust policy gives.
struct AWSTrust {
    /// The widths in ascending order.
    enum Width: Int { case ownAccount, otherAccount, anyone }

    let width: Width
    let account: String?
    let hasCondition: Bool

    var metadata: [String: JSON] {
        let trusts =
            switch width {
            case .ownAccount: "account"
            case .otherAccount: "other_account"
            case .anyone: "anyone"
            }
        var metadata: [String: JSON] = ["trusts": .string(trusts), "has_condition": hasCondition ? "yes" : "no"]
        metadata["trusted_account"] = account.map(JSON.string)
        return metadata
    }

    /// Returns the most dangerous permission; nil if the policy allows no AWS account or user to assume the role, but
    /// for example only services and identity providers.
    static func widest(in policy: JSON, ownAccount: String) -> AWSTrust? {
        // A single statement may stand outside a list.
        let statements = policy["Statement"]?.array ?? policy["Statement"].map { [$0] } ?? []
        let trusts = statements.filter { $0.text("Effect") == "Allow" }.flatMap { statement in
            let hasCondition = limitsCallers(statement["Condition"])
            return principals(statement["Principal"]).map { principal -> AWSTrust in
                if principal == "*" { return AWSTrust(width: .anyone, account: nil, hasCondition: hasCondition) }
                let account = Self.account(principal)
                let width: Width = account == nil || account == ownAccount ? .ownAccount : .otherAccount
                return AWSTrust(
                    width: width, account: width == .otherAccount ? account : nil, hasCondition: hasCondition)
            }
        }
        return trusts.max { $0.danger < $1.danger }
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
    /// Negated comparisons only exclude callers. `…IfExists`, `ForAllValues:` and `Null` are true for requests without the
    /// key (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    private static func limitsCallers(_ condition: JSON?) -> Bool {
        (condition?.object ?? [:]).contains { comparison, keys in
            let comparison = comparison.lowercased()
            guard !comparison.contains("not"), !comparison.hasSuffix("ifexists"),
                !comparison.hasPrefix("forallvalues:"), comparison != "null"
            else { return false }
            return (keys.object ?? [:]).contains { key, values in
                let values = values.array ?? [values]
                return limitingKeys.contains(key.lowercased()) && !values.isEmpty && !values.contains("*")
            }
        }
    }

    /// The degree of danger. Another account without a condition is worse than anyone with a condition. The own account
    /// is least dangerous, with or without a condition.
    private var danger: Int { width == .ownAccount ? 0 : width.rawValue + (hasCondition ? 0 : 2) }

    private static func principals(_ principal: JSON?) -> [String] {
        if let text = principal?.string { return [text] }
        guard let accounts = principal?["AWS"] else { return [] }
        return accounts.array?.compactMap(\.string) ?? accounts.string.map { [$0] } ?? []
    }

    /// Returns the account in an ARN, or the account's bare number. Returns nil for any other text, such as the id of a
    /// principal that was deleted.
    private static func account(_ principal: String) -> String? {
        if AWSRecords.isAccountID(principal) { return principal }
        let parts = principal.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && AWSRecords.isAccountID(parts[4]) ? String(parts[4]) : nil
    }
}
