import Base

/// Whom a role's trust policy lets assume it: the widest of its statements.
struct AWSTrust {
    /// In ascending order of width.
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

    /// Nil when only services and identity providers may assume the role.
    static func widest(in policy: JSON, ownAccount: String) -> AWSTrust? {
        // One statement may stand without its list.
        let statements = policy["Statement"]?.array ?? policy["Statement"].map { [$0] } ?? []
        let trusts = statements.filter { $0.text("Effect") == "Allow" }.flatMap { statement in
            let hasCondition = statement["Condition"]?.object?.isEmpty == false
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

    /// A statement without a condition is worse than a wider one with it.
    private var danger: Int { width == .ownAccount ? 0 : width.rawValue + (hasCondition ? 0 : 2) }

    private static func principals(_ principal: JSON?) -> [String] {
        if let text = principal?.string { return [text] }
        guard let accounts = principal?["AWS"] else { return [] }
        return accounts.array?.compactMap(\.string) ?? accounts.string.map { [$0] } ?? []
    }

    /// The account in an ARN, or the account's bare number; nil of a principal that has been deleted.
    private static func account(_ principal: String) -> String? {
        if AWSRecords.isAccountID(principal) { return principal }
        let parts = principal.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && AWSRecords.isAccountID(parts[4]) ? String(parts[4]) : nil
    }
}
