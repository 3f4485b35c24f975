import Base

/// An identity provider that strangers use too: anybody can get a token from it, so a role that trusts it without a
/// condition about the token's holder lets everybody in. A company's own provider, such as its SAML provider or the
/// OpenID Connect provider of a Kubernetes cluster, is none.
///
/// Sources: docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html,
/// docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html.
struct AWSIdentityProvider {
    /// The provider's issuer, with which the keys of conditions begin.
    let issuer: String
    let name: String
    /// True if the audience of a token names the customer. The other providers let the caller who asks for a token choose
    /// its audience.
    let hasOwnAudience: Bool

    private static let shared: [(issuer: String, name: String, hasOwnAudience: Bool)] = [
        ("token.actions.githubusercontent.com", "GitHub Actions", false), ("gitlab.com", "GitLab", false),
        ("app.terraform.io", "HCP Terraform", false), ("agent.buildkite.com", "Buildkite", false),
        ("accounts.google.com", "Google", true), ("cognito-identity.amazonaws.com", "Amazon Cognito", true),
        ("www.amazon.com", "Login with Amazon", true), ("graph.facebook.com", "Facebook", true),
    ]

    /// Returns the provider that a principal `Federated` names, by its issuer or by the ARN of an OpenID Connect
    /// provider; nil if no strangers use it.
    static func shared(_ principal: String) -> AWSIdentityProvider? {
        let issuer = principal.split(separator: ":oidc-provider/", maxSplits: 1).last.map(String.init) ?? principal
        return shared.first { $0.issuer == issuer }
            .map { AWSIdentityProvider(issuer: $0.issuer, name: $0.name, hasOwnAudience: $0.hasOwnAudience) }
    }

    /// The claims that strangers' tokens have as well.
    private static let commonClaims: Set = [
        "amr", "environment", "event_name", "ref", "ref_type", "runner_environment",
    ]

    /// Returns true if a key and its values in a condition limit whose tokens count. `comparison` is the condition's
    /// operator, in lower case.
    func limitsHolders(_ key: String, _ values: [JSON], _ comparison: String) -> Bool {
        let key = key.lowercased()
        guard key.hasPrefix(issuer + ":"), !values.isEmpty else { return false }
        let claim = String(key.dropFirst(issuer.utf8.count + 1))
        guard !Self.commonClaims.contains(claim), claim != "aud" || hasOwnAudience else { return false }
        return values.allSatisfy { value in
            guard let text = value.string else { return false }
            return !comparison.contains("like") || Self.namesOwner(text)
        }
    }

    /// Returns true if a pattern, such as `repo:acme/website:*`, names the owner without a wildcard. A stranger can
    /// register a name that fits a wildcard.
    private static func namesOwner(_ pattern: String) -> Bool {
        let parts = pattern.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let owner = (parts.last ?? "").prefix { $0 != "/" && $0 != ":" }
        // A wildcard before the colon could also stand for the owner.
        let fixed = parts.dropLast() + [owner]
        return !owner.isEmpty && fixed.allSatisfy { !$0.contains("*") && !$0.contains("?") }
    }
}
