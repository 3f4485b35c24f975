import Base

/// The suspension of a user. IAM has no state for it: a suspended user has no password and no active key, and a policy
/// denies everything that a session still under way, or a credential of another kind, would allow.
///
/// The steps don't depend on one another. Each is tried whatever became of those before it, so that a refused one
/// leaves the user with as little as possible. Done again, each changes nothing.
extension AWS {
    /// An inline policy has no limit on their number, as attached ones have.
    private static let policyName = "ThalianSuspended"
    private static let denial: JSON = [
        "Version": "2012-10-17", "Statement": [["Effect": "Deny", "Action": "*", "Resource": "*"]],
    ]

    /// Suspends a user.
    /// - Throws: `ConnectorError` if a step failed; the sentence says which ones were done and which were not.
    func suspend(_ user: String) throws {
        let steps: [(success: String, failure: String, run: () throws -> Void)] = [
            (
                "the user has no password any more", "the password could not be deleted",
                { _ = try session.iamEach("DeleteLoginProfile", [[("UserName", user)]]) }
            ),
            (
                "no access key is active any more", "not every access key could be deactivated",
                { try deactivateEachKey(of: user) }
            ),
            (
                "a policy denies everything", "no policy that denies everything could be added",
                { try deny(user) }
            ),
        ]
        var done: [String] = []
        var failures: [(step: String, error: ConnectorError)] = []
        for step in steps {
            do {
                try step.run()
                done.append(step.success)
            } catch let error as ConnectorError {
                failures.append((step.failure, error))
            }
        }
        guard let first = failures.first else { return }
        // Somebody must mend the credentials, or it is tried again later, with all steps.
        if let error = failures.map(\.error).first(where: { $0.isTransient || $0.kind == "authentication_expired" }) {
            throw error
        }
        // IAM answers alike that there is no password, and no user.
        if failures.allSatisfy({ if case .missing = $0.error { true } else { false } }) { throw first.error }
        let outcomes = (failures.map(\.step) + done).joined(separator: "; ")
        let extent = done.isEmpty ? "refused" : "only a partial one"
        throw ConnectorError.configuration("The suspension is \(extent): \(outcomes). \(first.error.sentence)")
    }

    /// Returns true if a user has neither a password nor an active key, and is denied everything.
    func isSuspended(_ user: String) throws -> Bool {
        let hasPassword = try session.iamEach("GetLoginProfile", [[("UserName", user)]]) != [nil]
        guard try !hasPassword && activeKeys(of: user).isEmpty else { return false }
        let name = [(name: "UserName", value: user)]
        let own = try session.iamEach("GetUserPolicy", [name + [("PolicyName", Self.policyName)]])
        let isDenied = own.contains {
            $0?.text("PolicyDocument").flatMap(AWSPolicy.init(encoded:))?.deniesEverything == true
        }
        return try isDenied
            || session.iam("ListAttachedUserPolicies", name).members("AttachedPolicies").contains {
                $0.text("PolicyArn") == AWSAccess.ownPolicies + AWSAccess.denyAllPolicy
            }
    }

    /// Tries each key, whatever becomes of the others.
    private func deactivateEachKey(of user: String) throws {
        var failure: ConnectorError?
        for key in try activeKeys(of: user) {
            do {
                try setInactive(key, of: user)
            } catch let error as ConnectorError {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Writes the policy into the user; one whose own policies have no room left for it gets AWS's instead.
    private func deny(_ user: String) throws {
        let name = [(name: "UserName", value: user)]
        do {
            let document = String(decoding: JSONWriter.bytes(Self.denial), as: UTF8.self)
            _ = try session.iam(
                "PutUserPolicy", name + [("PolicyName", Self.policyName), ("PolicyDocument", document)])
        } catch let error as ConnectorError {
            guard case .configuration = error else { throw error }
            let arn = AWSAccess.ownPolicies + AWSAccess.denyAllPolicy
            do {
                _ = try session.iam("AttachUserPolicy", name + [("PolicyArn", arn)])
            } catch is ConnectorError {
                throw error
            }
        }
    }
}
