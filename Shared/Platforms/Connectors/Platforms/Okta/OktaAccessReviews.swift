import Base
import HTTP
import Upstream

/// Access certification campaigns of Okta Identity Governance, for which an org needs a separate license
/// (developer.okta.com/docs/api/iga).
struct OktaAccessReviews {
    /// The scopes that a service app needs for campaigns. Orgs without the license can't grant the first one, and an
    /// app that asks for a scope that it was not granted gets no token at all. So only campaigns use a token with these
    /// scopes.
    static let scopes = "okta.governance.accessCertifications.manage okta.users.read okta.apps.read"

    /// The parameter that names the group whose members are reviewed. Groups are not stored, so the connector asks Okta
    /// if the target is a member of the group or an application to which the group is assigned. For other targets, any
    /// group is accepted.
    static let group = ActionParameter.value("group_id", "the id of a group that the target belongs to") { id in
        (1...64).contains(id.utf8.count) && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
    static let reviewer = ActionParameter.person("reviewer")

    private let api: PlatformAPI

    init(_ api: PlatformAPI) { self.api = api }

    /// A campaign, as Okta lists it.
    struct Campaign: Equatable {
        let id: String
        /// True if the campaign has not started yet.
        let isScheduled: Bool

        init(_ json: JSON) throws(ConnectorError) {
            guard let id = json.text("id") else {
                throw .provider("The provider's answer is not the documented campaign.")
            }
            self.id = id
            isScheduled = json.text("status") == "SCHEDULED"
        }
    }

    /// Asks one person to review access, within two weeks. The review is about the members of the group in the
    /// parameter `group_id`; otherwise, depending on the object that has the target's id in Okta, about the users of an
    /// application or about a user's applications. The reviewer is the user in the parameter `reviewer`, or otherwise
    /// the owner of the token. Decisions are recorded and change nothing by themselves.
    ///
    /// Repeated calls begin only one campaign: if the action's campaign exists already, it is used.
    func begin(_ target: ActionTarget) throws -> Campaign {
        let campaign = try find(target) ?? create(target)
        // Launches the campaign now if it is only scheduled. Otherwise it would start a few minutes later.
        if campaign.isScheduled {
            try api.change(.post, "/governance/api/v1/campaigns/\(campaign.id)/launch", isIdempotent: true)
        }
        return campaign
    }

    /// Returns the campaign that an action began; nil if there is none.
    func find(_ target: ActionTarget) throws -> Campaign? {
        let query = [("filter", "name eq \"\(Self.name(target))\"")]
        let found = try api.get("/governance/api/v1/campaigns", query: query).list("data")
        return try found.first { $0.text("name") == Self.name(target) }.map(Campaign.init)
    }

    /// Returns the name of a campaign. It contains the action's id, by which the campaign is found later.
    private static func name(_ target: ActionTarget) -> String { "Thalian access review \(target.actionID)" }

    private func create(_ target: ActionTarget) throws -> Campaign {
        var campaign = try scope(of: target)
        campaign["name"] = .string(Self.name(target))
        campaign["description"] = "Requested because of a finding in Thalian."
        // Okta rejects a start that has passed by its own clock.
        campaign["scheduleSettings"] = [
            "type": "ONE_OFF", "startDate": .string((Timestamp.now + 300).description), "durationInDays": 14,
            "timeZone": "Etc/UTC",
        ]
        campaign["reviewerSettings"] = [
            "type": "USER", "reviewerId": .string(try reviewer(target)), "justificationRequired": true,
        ]
        campaign["remediationSettings"] = [
            "accessApproved": "NO_ACTION", "accessRevoked": "NO_ACTION", "noResponse": "NO_ACTION",
        ]
        return try Campaign(api.create("/governance/api/v1/campaigns", .object(campaign)))
    }

    /// Returns the scope of a campaign: whose access to which resources is reviewed.
    private func scope(of target: ActionTarget) throws -> [String: JSON] {
        func resource(_ type: JSON, _ id: String) -> [String: JSON] {
            [
                "campaignType": "RESOURCE", "principalScopeSettings": ["type": "USERS"],
                "resourceSettings": [
                    "type": type, "targetResources": [["resourceId": .string(id), "resourceType": type]],
                ],
            ]
        }
        if let group = target.parameters[Self.group] {
            guard try belongs(group, to: target) else {
                throw ConnectorError.configuration(
                    "The group in extraParams.group_id is not one that the target belongs to.")
            }
            return resource("GROUP", group)
        }
        let id = target.externalID
        if try unlessGone({ try api.get("/api/v1/apps/\(id)") }) != nil { return resource("APPLICATION", id) }
        // A campaign about a user names no resources, only their kinds.
        if try unlessGone({ try api.get("/api/v1/users/\(id)") }) != nil {
            return [
                "campaignType": "USER", "principalScopeSettings": ["type": "USERS", "userIds": [.string(id)]],
                "resourceSettings": ["type": "APPLICATION", "targetTypes": ["APPLICATION"]],
            ]
        }
        throw ConnectorError.configuration(
            "Okta reviews access to its own applications and groups, or of its own users. Name one of these.")
    }

    /// Returns true if a user is a member of a group, or if the group is assigned to an application. Other targets have
    /// no groups in Okta, so any group of the org may be reviewed for them.
    private func belongs(_ group: String, to target: ActionTarget) throws -> Bool {
        let id = target.externalID
        switch target.kind {
        case .account: return try api.all("/api/v1/users/\(id)/groups").contains { $0.text("id") == group }
        case .application: return try unlessGone { try api.get("/api/v1/apps/\(id)/groups/\(group)") } != nil
        default: return true
        }
    }

    private func reviewer(_ target: ActionTarget) throws -> String {
        let named = target.parameters[Self.reviewer]
        guard let user = try unlessGone({ try api.get("/api/v1/users/\(named ?? "me")").object() }),
            let id = user.text("id")
        else {
            throw ConnectorError.configuration(
                "Name the reviewer, a user of Okta, in extraParams.reviewer.")
        }
        return id
    }

    /// Returns the error for a refusal. Okta refuses orgs without the license, and tokens without the role or the
    /// scope, with the same statuses as anything else that is not allowed.
    static func explain(_ response: UpstreamResponse) -> ConnectorError {
        guard [401, 403].contains(response.status), response.json.text("errorCode") != "E0000011" else {
            return Okta.explain(response)
        }
        return .configuration(
            """
            Okta does not allow this token to begin access reviews. They require Okta Identity Governance, and an access \
            certifications administrator or the scope okta.governance.accessCertifications.manage.
            """)
    }
}
