import Base
import HTTP
import Integrations
import Upstream

extension Okta {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try post("/api/v1/users/\(id)/lifecycle/suspend")
        case .unsuspendUser: try post("/api/v1/users/\(id)/lifecycle/unsuspend")
        case .deactivateUser: try post("/api/v1/users/\(id)/lifecycle/deactivate")
        case .forcePasswordChange: try post("/api/v1/users/\(id)/lifecycle/expire_password")
        case .revokeSessions: try delete("/api/v1/users/\(id)/sessions", query: [("oauthTokens", "true")])
        case .revokeAllTokens: try revokeAll(of: id)
        case .revokeOAuthToken:
            // The id of a grant consists of the ids of its user and its client.
            let parts = id.split(separator: "/", maxSplits: 1).map(String.init)
            if target.kind == .grant, parts.count == 2 {
                try revoke(parts[1], of: parts[0])
            } else {
                try revokeAll(of: id)
            }
        case .blockApp: try post("/api/v1/apps/\(id)/lifecycle/deactivate")
        case .containHost: try post("/api/v1/devices/\(id)/lifecycle/suspend")
        case .liftContainment: try post("/api/v1/devices/\(id)/lifecycle/unsuspend")
        case .createAccessReview: return Self.result(target, review: try accessReviews.begin(target))
        default: throw ConnectorError.configuration("Okta can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        let result = Self.result(target)
        func status(_ path: UpstreamPath) throws -> String { try api.get(path).object().requiredText("status") }
        switch action {
        case .suspendUser:
            return try status("/api/v1/users/\(target.externalID)") == "SUSPENDED" ? .done(result) : .notDone
        case .unsuspendUser:
            return try status("/api/v1/users/\(target.externalID)") == "ACTIVE" ? .done(result) : .notDone
        case .deactivateUser:
            return try status("/api/v1/users/\(target.externalID)") == "DEPROVISIONED" ? .done(result) : .notDone
        case .forcePasswordChange:
            return try status("/api/v1/users/\(target.externalID)") == "PASSWORD_EXPIRED" ? .done(result) : .notDone
        case .blockApp:
            return try status("/api/v1/apps/\(target.externalID)") == "INACTIVE" ? .done(result) : .notDone
        case .containHost:
            return try status("/api/v1/devices/\(target.externalID)") == "SUSPENDED" ? .done(result) : .notDone
        case .liftContainment:
            return try status("/api/v1/devices/\(target.externalID)") == "ACTIVE" ? .done(result) : .notDone
        case .createAccessReview:
            return try accessReviews.find(target).map { .done(Self.result(target, review: $0)) } ?? .notDone
        // Revoking again does no harm.
        case .revokeSessions, .revokeAllTokens, .revokeOAuthToken: return .notDone
        default: return nil
        }
    }

    private static func result(_ target: ActionTarget, review: OktaAccessReviews.Campaign? = nil) -> JSON {
        var result: [String: JSON] = ["platform": "okta", "external_id": .string(target.externalID)]
        result["review_id"] = review.map { .string($0.id) }
        return .object(result)
    }

    private func revoke(_ client: String, of user: String) throws {
        try delete("/api/v1/users/\(user)/clients/\(client)/tokens")
        try delete("/api/v1/users/\(user)/clients/\(client)/grants")
    }

    private func revokeAll(of user: String) throws {
        for client in try api.all("/api/v1/users/\(user)/clients").all("client_id") {
            try delete("/api/v1/users/\(user)/clients/\(client)/tokens")
        }
        try delete("/api/v1/users/\(user)/grants")
    }

    private func post(_ path: UpstreamPath) throws { _ = try api.send(api.request(.post, path)) }

    private func delete(_ path: UpstreamPath, query: [(name: String, value: String)] = []) throws {
        _ = try api.send(api.request(.delete, path, query: query))
    }
}
