import Base
import HTTP
import Integrations
import Upstream

extension Entra {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try set("/users/\(id)", ["accountEnabled": false])
        case .unsuspendUser: try set("/users/\(id)", ["accountEnabled": true])
        case .forcePasswordChange:
            try set("/users/\(id)", ["passwordProfile": ["forceChangePasswordNextSignIn": true]])
        case .revokeSessions: try api.change(.post, "/users/\(id)/revokeSignInSessions", isIdempotent: true)
        case .revokeOAuthToken where target.kind == .grant: try revoke(id)
        case .revokeOAuthToken, .revokeAllTokens:
            for grant in try Graph.all(api, "/users/\(id)/oauth2PermissionGrants").all("id") { try revoke(grant) }
        case .blockApp: try set("/servicePrincipals/\(id)", ["accountEnabled": false])
        case .revokeLicense: try revokeLicense(target)
        case .createAccessReview: return try review(target)
        default: throw ConnectorError.configuration("Microsoft Entra ID can't do \(action.rawValue).")
        }
        return result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        func enabled(_ path: UpstreamPath, is value: Bool) throws -> ActionOutcome {
            let object = try api.get(path, query: [("$select", "id,accountEnabled")]).object()
            return object["accountEnabled"] == .bool(value) ? .done(result(target)) : .notDone
        }
        switch action {
        case .suspendUser: return try enabled("/users/\(target.externalID)", is: false)
        case .unsuspendUser: return try enabled("/users/\(target.externalID)", is: true)
        case .blockApp: return try enabled("/servicePrincipals/\(target.externalID)", is: false)
        case .revokeLicense:
            let held = try licenses(of: target.externalID)
            // Without a license id in the parameters, it is not known which license was to be revoked.
            guard let wanted = target.parameters[Self.sku] else {
                return held.isEmpty ? .done(result(target)) : nil
            }
            return held.contains { $0.lowercased() == wanted.lowercased() } ? .notDone : .done(result(target))
        // Repeating any of these actions does no harm.
        case .forcePasswordChange, .revokeSessions, .revokeOAuthToken, .revokeAllTokens: return .notDone
        case .createAccessReview:
            let reviews = try Graph.all(api, "/identityGovernance/accessReviews/definitions", [("$top", "100")])
            let review = reviews.first { $0.text("displayName") == Self.reviewName(target) }
            return review.map { .done(result(target, review: $0)) } ?? .notDone
        default: return nil
        }
    }

    private func result(_ target: ActionTarget, review: JSON? = nil) -> JSON {
        var result: [String: JSON] = ["platform": "microsoft_entra", "external_id": .string(target.externalID)]
        result["review_id"] = review?["id"]
        return .object(result)
    }

    private func set(_ path: UpstreamPath, _ properties: JSON) throws {
        try api.change(.patch, path, properties, isIdempotent: true)
    }

    private func revoke(_ grant: String) throws {
        do {
            try api.change(.delete, "/oauth2PermissionGrants/\(grant)", isIdempotent: true)
        } catch ConnectorError.missing {
            // The grant is already revoked.
        }
    }

    /// Revokes one license of a user: the one whose skuId is in the parameter `sku_id`, or the only one.
    private func revokeLicense(_ target: ActionTarget) throws {
        guard target.kind == .account else {
            throw ConnectorError.configuration("Entra revokes licenses of users. Name the user.")
        }
        let id = target.externalID
        let held = try licenses(of: id)
        let wanted = target.parameters[Self.sku]
        let matching = wanted.map { wanted in held.filter { $0.lowercased() == wanted.lowercased() } } ?? held
        guard matching.count == 1, let sku = matching.first else {
            guard wanted == nil else {
                throw ConnectorError.configuration(
                    "This user of Entra does not hold the license in extraParams.sku_id.")
            }
            throw ConnectorError.configuration(
                held.isEmpty
                    ? "This user of Entra holds no license."
                    : "This user of Entra holds \(held.count) licenses. Name the skuId of one in extraParams.sku_id.")
        }
        try api.change(
            .post, "/users/\(id)/assignLicense", ["addLicenses": [], "removeLicenses": [.string(sku)]])
    }

    private func licenses(of user: String) throws -> [String] {
        try Graph.all(api, "/users/\(user)/licenseDetails").all("skuId")
    }

    /// Returns the name of a review. It contains the action's id, by which the review is found later.
    private static func reviewName(_ target: ActionTarget) -> String { "Thalian access review \(target.actionID)" }

    /// Returns true if a user is a direct or indirect member of a group, or if the group is assigned to an application.
    /// For other targets, returns true if the group exists in the tenant.
    private func belongs(_ group: String, to target: ActionTarget) throws -> Bool {
        let id = target.externalID
        switch target.kind {
        case .account:
            let path: UpstreamPath = "/users/\(id)/checkMemberGroups"
            let found = try api.change(.post, path, ["groupIds": [.string(group)]], isIdempotent: true).list("value")
            return found.contains { $0.string?.lowercased() == group }
        case .application:
            return try Graph.all(api, "/servicePrincipals/\(id)/appRoleAssignedTo")
                .contains { $0.text("principalId")?.lowercased() == group }
        default:
            return try api.get("/groups/\(group)", query: [("$select", "id")]).object().text("id") != nil
        }
    }

    /// Asks the owners of a group to review its members once, within two weeks. Decisions are not applied
    /// automatically.
    private func review(_ target: ActionTarget) throws -> JSON {
        guard let group = target.parameters[Self.group].flatMap({ Identifier($0) }) else {
            throw ConnectorError.configuration("Entra reviews the members of a group. Name its object ID as group_id.")
        }
        guard try belongs(group.description, to: target) else {
            throw ConnectorError.configuration(
                "The group in extraParams.group_id is not one that the target belongs to.")
        }
        let days = 14
        let today = Timestamp.now
        func date(_ time: Timestamp) -> JSON { .string(String(time.description.prefix(10))) }
        let review = try api.create(
            "/identityGovernance/accessReviews/definitions",
            [
                "displayName": .string(Self.reviewName(target)),
                "descriptionForAdmins": "Requested because of a finding in Thalian.",
                "descriptionForReviewers": "Confirm who still needs to be a member of this group.",
                "scope": [
                    "@odata.type": "#microsoft.graph.accessReviewQueryScope",
                    "query": .string("/groups/\(group)/transitiveMembers"), "queryType": "MicrosoftGraph",
                ],
                "reviewers": [["query": .string("/groups/\(group)/owners"), "queryType": "MicrosoftGraph"]],
                "settings": [
                    "mailNotificationsEnabled": true, "reminderNotificationsEnabled": true,
                    "justificationRequiredOnApproval": true, "defaultDecisionEnabled": false,
                    "defaultDecision": "None", "autoApplyDecisionsEnabled": false, "recommendationsEnabled": true,
                    "instanceDurationInDays": .integer(days),
                    "recurrence": [
                        "pattern": nil,
                        "range": [
                            "type": "numbered", "numberOfOccurrences": 0, "recurrenceTimeZone": nil,
                            "startDate": date(today), "endDate": date(today + .days(days)),
                        ],
                    ],
                ],
            ])
        return result(target, review: review)
    }
}
