import Base
import Integrations

/// The actions that can be carried out at AWS.
extension AWS {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        switch action {
        case .suspendUser: try suspend(try names.name(of: target))
        case .forcePasswordChange:
            let user = try names.name(of: target)
            _ = try session.iam("UpdateLoginProfile", [("UserName", user), ("PasswordResetRequired", "true")])
        case .revokeSessions: try revokeSessions(of: target)
        case .revokeAllTokens: try deactivateKeys(of: try names.name(of: target))
        case .revokeOAuthToken where target.kind != .key: try deactivateKeys(of: try names.name(of: target))
        case .revokeOAuthToken, .rotateCredentials:
            let key = try accessKey(target)
            try setInactive(key.id, of: key.user)
        default: throw ConnectorError.configuration("AWS can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let isDone: Bool
        switch action {
        case .suspendUser: isDone = try isSuspended(try names.name(of: target))
        case .forcePasswordChange:
            let user = try names.name(of: target)
            isDone =
                try session.iam("GetLoginProfile", [("UserName", user)])["LoginProfile"]?
                .text("PasswordResetRequired") == "true"
        case .revokeAllTokens: isDone = try activeKeys(of: try names.name(of: target)).isEmpty
        case .revokeOAuthToken where target.kind != .key:
            isDone = try activeKeys(of: try names.name(of: target)).isEmpty
        case .revokeOAuthToken, .rotateCredentials:
            let key = try accessKey(target)
            isDone = try !activeKeys(of: key.user).contains(key.id)
        // Revoking sessions again does no harm, and also ends the sessions that began since.
        case .revokeSessions: isDone = false
        default: return nil
        }
        return isDone ? .done(Self.result(target)) : .notDone
    }

    private static func result(_ target: ActionTarget) -> JSON {
        ["platform": "aws", "external_id": .string(target.externalID)]
    }

    /// Denies everything to sessions that began before now, as a button in AWS's console does for roles.
    private func revokeSessions(of target: ActionTarget) throws {
        let policy: JSON = [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Effect": "Deny", "Action": ["*"], "Resource": ["*"],
                    "Condition": ["DateLessThan": ["aws:TokenIssueTime": .string(Timestamp.now.description)]],
                ]
            ],
        ]
        let isRole = target.externalID.hasPrefix(AWSRecords.rolePrefix)
        _ = try session.iam(
            isRole ? "PutRolePolicy" : "PutUserPolicy",
            [
                (isRole ? "RoleName" : "UserName", try names.name(of: target)),
                ("PolicyName", "AWSRevokeOlderSessions"),
                ("PolicyDocument", String(decoding: JSONWriter.bytes(policy), as: UTF8.self)),
            ])
    }

    /// Returns the id of the access key that the target names, and the name of its user.
    private func accessKey(_ target: ActionTarget) throws -> (id: String, user: String) {
        guard target.kind == .key else {
            throw ConnectorError.configuration("Name the access key in extraParams.access_key_id.")
        }
        let use = try session.iam("GetAccessKeyLastUsed", [("AccessKeyId", target.externalID)])
        guard let user = use.text("UserName") else {
            throw ConnectorError.missing("AWS has no such access key.")
        }
        return (target.externalID, user)
    }

    func activeKeys(of user: String) throws -> [String] {
        try session.iam("ListAccessKeys", [("UserName", user)]).list("AccessKeyMetadata").compactMap { key in
            guard let id = key.text("AccessKeyId"), let status = key.text("Status") else { throw XMLElement.noList }
            return status == "Active" ? id : nil
        }
    }

    private func deactivateKeys(of user: String) throws {
        for key in try activeKeys(of: user) { try setInactive(key, of: user) }
    }

    func setInactive(_ key: String, of user: String) throws {
        _ = try session.iam(
            "UpdateAccessKey", [("UserName", user), ("AccessKeyId", key), ("Status", "Inactive")])
    }
}
