import Base
import HTTP

/// A policy of IAM's, as far as it is about everything
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
struct AWSPolicy: Equatable {
    /// Some statement allows every action on everything.
    let allowsEverything: Bool
    /// Some statement denies every action on everything, always.
    let deniesEverything: Bool

    /// Reads a policy document; nil when it is none.
    init?(_ document: JSON) {
        // One statement may stand without its list.
        guard let statements = document["Statement"]?.array ?? document["Statement"].map({ [$0] }) else { return nil }
        let wide = statements.filter {
            Self.isEverything($0["Action"], ["*", "*:*"]) && Self.isEverything($0["Resource"], ["*"])
        }
        allowsEverything = wide.contains { $0.text("Effect") == "Allow" && Self.isAboutTheSession($0["Condition"]) }
        deniesEverything = wide.contains {
            $0.text("Effect") == "Deny" && ($0["Condition"]?.object ?? [:]).isEmpty
        }
    }

    /// Reads a document as IAM's lists have it, in percent-encoded JSON.
    init?(encoded text: String) {
        guard let decoded = PercentEncoding.decode(text.utf8), let document = try? JSON(parsing: decoded.utf8, .lenient)
        else {
            return nil
        }
        self.init(document)
    }

    /// Returns true if a text, or one of a list, stands for everything.
    private static func isEverything(_ value: JSON?, _ names: Set<String>) -> Bool {
        (value?.array ?? value.map { [$0] } ?? []).contains { $0.string.map(names.contains) == true }
    }

    /// Returns true if conditions ask only how somebody has signed in and from where: an administrator who must use a
    /// second factor is one. Conditions on resources and the like limit what is allowed.
    private static func isAboutTheSession(_ condition: JSON?) -> Bool {
        let keys = (condition?.object ?? [:]).values.flatMap { $0.object.map { Array($0.keys) } ?? [] }
        return keys.allSatisfy { sessionKeys.contains($0.lowercased()) }
    }

    private static let sessionKeys: Set = [
        "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce",
        "aws:securetransport", "aws:viaawsservice", "aws:currenttime", "aws:epochtime", "aws:tokenissuetime",
    ]
}

/// What the policies of a user or a group come to.
struct AWSAccess {
    /// The policies that allow everything, by their names.
    var administrator: Set<String> = []
    var isDenied = false
    /// Some policy can't be read, so that nobody knows what it allows.
    var hasUnreadable = false

    static let administratorPolicy = "AdministratorAccess"
    static let denyAllPolicy = "AWSDenyAll"
    /// What stands before the names of AWS's own policies.
    static let ownPolicies = "arn:aws:iam::aws:policy/"

    /// The access by the details of a user or a group.
    ///
    /// - Parameters:
    ///   - inline: the list of policies that are part of it: `UserPolicyList` or `GroupPolicyList`.
    ///   - managed: the account's own policies by their ARNs; nil of one that can't be read.
    init(_ details: XMLElement, inline: String, managed: [String: AWSPolicy?]) {
        for policy in details.members(inline) {
            add(policy.text("PolicyDocument").flatMap(AWSPolicy.init(encoded:)), policy.text("PolicyName"))
        }
        for policy in details.members("AttachedManagedPolicies") {
            let arn = policy.text("PolicyArn") ?? ""
            switch arn {
            case Self.ownPolicies + Self.administratorPolicy: administrator.insert(Self.administratorPolicy)
            case Self.ownPolicies + Self.denyAllPolicy: isDenied = true
            case _ where arn.hasPrefix(Self.ownPolicies): break
            default: add(managed[arn] ?? nil, policy.text("PolicyName"))
            }
        }
    }

    private mutating func add(_ policy: AWSPolicy?, _ name: String?) {
        guard let policy else {
            hasUnreadable = true
            return
        }
        if policy.allowsEverything { administrator.insert(name ?? "policy") }
        if policy.deniesEverything { isDenied = true }
    }

    /// Adds what a group allows its members and denies them.
    mutating func join(_ group: AWSAccess) {
        administrator.formUnion(group.administrator)
        isDenied = isDenied || group.isDenied
        hasUnreadable = hasUnreadable || group.hasUnreadable
    }

    /// True of an administrator; nil when nobody knows.
    var isAdministrator: Bool? { administrator.isEmpty ? hasUnreadable ? nil : false : true }
}

extension AWSPolicy {
    /// The documents of the account's own policies, of those that a page of details holds, by their ARNs: of each the
    /// version that is in force.
    static func managed(_ details: XMLElement) -> [String: AWSPolicy?] {
        details.members("Policies").reduce(into: [:]) { found, policy in
            guard let arn = policy.text("Arn") else { return }
            let version = policy.members("PolicyVersionList").first { $0.text("IsDefaultVersion") == "true" }
            found.updateValue(version?.text("Document").flatMap(AWSPolicy.init(encoded:)), forKey: arn)
        }
    }
}
