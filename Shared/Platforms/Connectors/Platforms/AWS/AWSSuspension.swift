import Base

/// The suspension of a user. IAM has no suspended state. So a suspended user has no password and no active key, and a
/// policy denies everything that an existing session or another kind of credential would allow.
///
/// The steps don't depend on each other. Each is tried even if an earlier one failed, so that the user is left with as
/// little access as possible. Repeating a step changes nothing.
extension AWS {
    /// The name of the inline policy that denies everything. IAM limits the number of attached policies, but only the
    /// total length of inline ones.
    private static let policyName = "ThalianSuspended"
    private static let denial: JSON = [
        "Version": "2012-10-17", "Statement": [["Effect": "Deny", "Action": "*", "Resource": "*"]],
    ]

    /// Suspends a user.
    /// - Throws: `ConnectorError` if a step failed: the step's own error if new credentials or a later retry may help,
    ///   or if the user is missing; otherwise a sentence that says which steps were done and which were not.
    func suspend(_ user: String) throws {
        let steps: [(success: String, failure: String, run: () throws -> Void)] = [
            (
                "the user no longer has a password", "the password could not be deleted",
                { _ = try session.iamEach("DeleteLoginProfile", [[("UserName", user)]]) }
            ),
            (
                "no access key is active", "not every access key could be deactivated",
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
        // Reports the error that calls for new credentials or a later retry, which runs all steps again.
        if let error = failures.map(\.error).first(where: { $0.isTransient || $0.kind == "authentication_expired" }) {
            throw error
        }
        // IAM gives the same answer for a missing password as for a missing user.
        if failures.allSatisfy({ if case .missing = $0.error { true } else { false } }) { throw first.error }
        let outcomes = (failures.map(\.step) + done).joined(separator: "; ")
        let extent = done.isEmpty ? "refused" : "incomplete"
        throw ConnectorError.configuration("The suspension is \(extent): \(outcomes). \(first.error.sentence)")
    }

    /// Returns true if a user has neither a password nor an active key, and the suspension's policy or AWS's own
    /// `AWSDenyAll` denies everything.
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

    /// Deactivates each key, even if others fail. Then throws the first error.
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

    /// Adds the policy to the user. If AWS does not allow that, for example because the user has no room for another
    /// inline policy, attaches AWS's own policy instead.
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
