import Base
import Findings

/// What AWS can do. A user who is suspended is denied everything, and has neither a password nor an active key any more.
extension AWS {
    private static let denyAll = "arn:aws:iam::aws:policy/AWSDenyAll"

    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser:
            _ = try session.iam("AttachUserPolicy", [("UserName", id), ("PolicyArn", Self.denyAll)])
            try deactivateKeys(of: id)
            _ = try session.iamEach("DeleteLoginProfile", [[("UserName", id)]])
        case .forcePasswordChange:
            _ = try session.iam("UpdateLoginProfile", [("UserName", id), ("PasswordResetRequired", "true")])
        case .revokeSessions: try revokeSessions(of: id)
        case .revokeAllTokens: try deactivateKeys(of: id)
        case .revokeOAuthToken where !Self.namesKey(target): try deactivateKeys(of: id)
        case .revokeOAuthToken, .rotateCredentials:
            let key = try accessKey(target)
            try setInactive(key.id, of: key.user)
        default: throw ConnectorError.configuration("AWS can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let id = target.externalID
        let isDone: Bool
        switch action {
        case .suspendUser:
            let isDenied = try session.iam("ListAttachedUserPolicies", [("UserName", id)])
                .members("AttachedPolicies").contains { $0.text("PolicyArn") == Self.denyAll }
            let hasPassword = try session.iamEach("GetLoginProfile", [[("UserName", id)]]) != [nil]
            isDone = try isDenied && !hasPassword && activeKeys(of: id).isEmpty
        case .forcePasswordChange:
            isDone =
                try session.iam("GetLoginProfile", [("UserName", id)])["LoginProfile"]?
                .text("PasswordResetRequired") == "true"
        case .revokeAllTokens: isDone = try activeKeys(of: id).isEmpty
        case .revokeOAuthToken where !Self.namesKey(target): isDone = try activeKeys(of: id).isEmpty
        case .revokeOAuthToken, .rotateCredentials:
            let key = try accessKey(target)
            isDone = try !activeKeys(of: key.user).contains(key.id)
        // Doing it again ends the sessions of today too.
        case .revokeSessions: isDone = false
        default: return nil
        }
        return isDone ? .done(Self.result(target)) : .notDone
    }

    private static func result(_ target: ActionTarget) -> JSON {
        ["platform": "aws", "external_id": .string(target.externalID)]
    }

    /// Denies everything to sessions that began before now, as the console's own button does.
    private func revokeSessions(of id: String) throws {
        let policy: JSON = [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Effect": "Deny", "Action": ["*"], "Resource": ["*"],
                    "Condition": ["DateLessThan": ["aws:TokenIssueTime": .string(Timestamp.now.description)]],
                ]
            ],
        ]
        let isRole = id.hasPrefix("role/")
        _ = try session.iam(
            isRole ? "PutRolePolicy" : "PutUserPolicy",
            [
                (isRole ? "RoleName" : "UserName", isRole ? String(id.dropFirst(5)) : id),
                ("PolicyName", "AWSRevokeOlderSessions"),
                ("PolicyDocument", String(decoding: JSONWriter.bytes(policy), as: UTF8.self)),
            ])
    }

    private static func namesKey(_ target: ActionTarget) -> Bool {
        target.parameters["access_key_id"] != nil || target.externalID.hasPrefix("AKIA")
    }

    /// The key that an action is about: the parameter `access_key_id` of a user, or the target itself.
    private func accessKey(_ target: ActionTarget) throws -> (id: String, user: String) {
        if let id = target.parameters["access_key_id"]?.string { return (id, target.externalID) }
        guard Self.namesKey(target) else {
            throw ConnectorError.configuration("Name the access key in extraParams.access_key_id.")
        }
        let use = try session.iam("GetAccessKeyLastUsed", [("AccessKeyId", target.externalID)])
        guard let user = use.text("UserName") else {
            throw ConnectorError.missing("AWS has no such access key.")
        }
        return (target.externalID, user)
    }

    private func activeKeys(of user: String) throws -> [String] {
        try session.iam("ListAccessKeys", [("UserName", user)]).members("AccessKeyMetadata")
            .filter { $0.text("Status") == "Active" }.compactMap { $0.text("AccessKeyId") }
    }

    private func deactivateKeys(of user: String) throws {
        for key in try activeKeys(of: user) { try setInactive(key, of: user) }
    }

    private func setInactive(_ key: String, of user: String) throws {
        _ = try session.iam(
            "UpdateAccessKey", [("UserName", user), ("AccessKeyId", key), ("Status", "Inactive")])
    }
}
