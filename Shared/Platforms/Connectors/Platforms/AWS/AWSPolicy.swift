import Base
import HTTP

/// The parts of an IAM policy that concern all actions on all resources
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
struct AWSPolicy: Equatable {
    /// True if a statement allows every action on every resource, with no other conditions than those about how, when
    /// and from where someone signs in or calls AWS.
    let allowsEverything: Bool
    /// True if a statement denies every action on every resource without a condition.
    let deniesEverything: Bool

    /// Reads a policy document; nil if it has no member `Statement`.
    init?(_ document: JSON) {
        // A single statement may stand outside a list.
        guard let statements = document["Statement"]?.array ?? document["Statement"].map({ [$0] }) else { return nil }
        let wide = statements.filter {
            Self.isEverything($0["Action"], ["*", "*:*"]) && Self.isEverything($0["Resource"], ["*"])
        }
        allowsEverything = wide.contains { $0.text("Effect") == "Allow" && Self.isAboutTheSession($0["Condition"]) }
        deniesEverything = wide.contains {
            $0.text("Effect") == "Deny" && ($0["Condition"]?.object ?? [:]).isEmpty
        }
    }

    /// Reads a document as IAM's lists contain it: percent-encoded JSON. Returns nil if it is not a policy document.
    init?(encoded text: String) {
        guard let decoded = PercentEncoding.decode(text.utf8), let document = try? JSON(parsing: decoded.utf8, .lenient)
        else {
            return nil
        }
        self.init(document)
    }

    /// Returns true if a text, or one text of a list, stands for everything.
    private static func isEverything(_ value: JSON?, _ names: Set<String>) -> Bool {
        (value?.array ?? value.map { [$0] } ?? []).contains { $0.string.map(names.contains) == true }
    }

    /// Returns true if conditions restrict only how, when and from where someone signs in or calls AWS: an
    /// administrator who must use a second factor is still an administrator. Other conditions, such as those on
    /// resources, restrict what is allowed.
    private static func isAboutTheSession(_ condition: JSON?) -> Bool {
        let keys = (condition?.object ?? [:]).values.flatMap { $0.object.map { Array($0.keys) } ?? [] }
        return keys.allSatisfy { sessionKeys.contains($0.lowercased()) }
    }

    private static let sessionKeys: Set = [
        "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce",
        "aws:securetransport", "aws:viaawsservice", "aws:currenttime", "aws:epochtime", "aws:tokenissuetime",
    ]
}

/// The combined effect of the policies of a user or a group.
struct AWSAccess {
    /// The names of the policies that allow everything.
    var administrator: Set<String> = []
    var isDenied = false
    /// True if a policy or a group can't be read, so that it is not known what it allows.
    var hasUnreadable = false

    static let administratorPolicy = "AdministratorAccess"
    static let denyAllPolicy = "AWSDenyAll"
    /// The prefix of the ARNs of AWS's own policies.
    static let ownPolicies = "arn:aws:iam::aws:policy/"

    /// Reads the access from the details of a user or a group.
    ///
    /// - Parameters:
    ///   - inline: The name of the list of inline policies: `UserPolicyList` or `GroupPolicyList`.
    ///   - managed: The account's own policies by ARN; nil for a policy that can't be read.
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

    /// Adds the access that a group gives to its members.
    mutating func join(_ group: AWSAccess) {
        administrator.formUnion(group.administrator)
        isDenied = isDenied || group.isDenied
        hasUnreadable = hasUnreadable || group.hasUnreadable
    }

    /// True for an administrator; nil if it is not known.
    var isAdministrator: Bool? { administrator.isEmpty ? hasUnreadable ? nil : false : true }
}

extension AWSPolicy {
    /// Returns the account's own policies in a page of details, by ARN, in the version that is in force. The value is
    /// nil if the policy can't be read.
    static func managed(_ details: XMLElement) -> [String: AWSPolicy?] {
        details.members("Policies").reduce(into: [:]) { found, policy in
            guard let arn = policy.text("Arn") else { return }
            let version = policy.members("PolicyVersionList").first { $0.text("IsDefaultVersion") == "true" }
            found.updateValue(version?.text("Document").flatMap(AWSPolicy.init(encoded:)), forKey: arn)
        }
    }
}
