import Base
import HTTP
import Integrations
import Upstream

/// A connector for JumpCloud (docs.jumpcloud.com/api, versions 1 and 2, and Directory Insights).
struct JumpCloud: Connector {
    static let platform = Platform.jumpCloud
    static let fields: [CredentialField] = [
        .secret("api_key", "The API key of an administrator."),
        .plain(
            "org_id", "The organization's ID, for administrators of several.", isRequired: false,
            accepts: isObjectID),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .forcePasswordChange, .forceMFAEnroll, .lockDevice, .containHost,
    ]

    /// The largest page of a list that JumpCloud allows, apart from the log.
    private static let pageSize = 100
    private static let eventPageSize = 1_000

    let api: PlatformAPI
    private let insights: PlatformAPI
    private let eventsSince: Timestamp
    private let directory: JumpCloudDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let key = credentials.secret("api_key"), let base = UpstreamURL("https://console.jumpcloud.com/api"),
            let insightsBase = UpstreamURL("https://api.jumpcloud.com/insights/directory/v1")
        else { throw ConnectorError.configuration("JumpCloud takes an api_key.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: RetryPolicy(firstPause: scope.firstPause),
            seconds: scope.seconds)
        var fields = [(name: "x-api-key", value: key)]
        if let organization = credentials.secret("org_id") { fields.append((name: "x-org-id", value: organization)) }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .fields(fields), explain: Self.explain)
        insights = PlatformAPI(
            client, insightsBase, headers: ["Accept": "application/json"], .fields(fields), explain: Self.explain)
        eventsSince = scope.eventsSince(of: "events")
        directory = JumpCloudDirectory(api, pageSize: Self.pageSize)
    }

    func check() throws { _ = try api.get("/organizations", query: [("limit", "1")]).list("results") }

    var collections: [RecordCollection] {
        [
            .numbered("users", of: .account, need: .required, directory.list("/systemusers", member: "results")) {
                PageEntries($0, of: .account, id: JumpCloudRecords.id, read: JumpCloudRecords.account)
            },
            .numbered(
                "applications", of: .application, need: .required, directory.list("/applications", member: "results")
            ) {
                PageEntries($0, of: .application, id: JumpCloudRecords.id, read: JumpCloudRecords.application)
            },
            .each(
                "assignments", of: .entitlement, parents: directory.applicationIDs,
                areAllKnown: { directory.knowsAllApplications },
                keeping: { [.ofApplication(.entitlement, application: $0)] }
            ) { application, cursor in
                let (users, next) = try directory.list("/v2/applications/\(application)/users").page(cursor)
                let entries = PageEntries(
                    users, of: .entitlement, keeping: .ofApplication(.entitlement, application: application)
                ) { JumpCloudRecords.entitlement($0, application: application) }
                return RecordPage(entries, next: next)
            },
            .numbered("devices", of: .device, need: .optional, directory.list("/systems", member: "results")) {
                PageEntries($0, of: .device, id: JumpCloudRecords.id, read: JumpCloudRecords.device)
            },
            // Directory Insights is a separate package.
            RecordCollection("events", of: .auditEvent, need: .optional, page: events),
        ]
    }

    /// Reads a page of the log with a POST that changes nothing. A header gives the cursor of the next page.
    private func events(_ cursor: JSON?) throws -> RecordPage {
        var query: [String: JSON] = [
            "service": ["all"], "start_time": .string(eventsSince.description), "sort": "ASC",
            "limit": .integer(Self.eventPageSize),
        ]
        query["search_after"] = cursor
        let response = try insights.change(.post, "/events", .object(query), isIdempotent: true)
        let events = try response.list()
        let entries = PageEntries(events, of: .auditEvent, read: JumpCloudRecords.event)
        let limit = response.headers["X-Limit"].flatMap { Int($0) } ?? Self.eventPageSize
        // A full page is followed by another, which may be empty.
        guard events.count >= limit, !events.isEmpty else { return RecordPage(entries) }
        let next = response.headers["X-Search_after"].flatMap { try? JSON(parsing: $0.utf8, .lenient) }
        guard let next, next.array?.isEmpty == false else {
            throw ConnectorError.provider("The provider's link to the next page can't be used.")
        }
        return RecordPage(entries, next: next)
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch response.status {
        case 401: .credentials("JumpCloud refuses the API key.")
        case 403:
            .configuration("The API key's administrator is not allowed to do this. Give them the Administrator role.")
        case 404: .missing("JumpCloud has no such user, application or device.")
        default: .unexplained(response, by: "JumpCloud")
        }
    }

    @Sendable private static func isObjectID(_ text: String) -> Bool {
        text.utf8.count == 24 && text.utf8.allSatisfy { Hex.value(of: $0) != nil }
    }
}

// MARK: Actions

extension JumpCloud {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser: try set(id, ["state": "SUSPENDED"])
        case .unsuspendUser: try set(id, ["state": "ACTIVATED"])
        case .forcePasswordChange: try api.change(.post, "/systemusers/\(id)/expire", isIdempotent: true)
        case .forceMFAEnroll: try set(id, ["enable_user_portal_multifactor": true])
        // JumpCloud can't isolate a device from the network; the lock keeps out the person who holds it.
        case .lockDevice, .containHost:
            // The documentation of the lock does not include Macs, and phones have no agent, but the request would
            // succeed all the same.
            guard let family = try api.get("/systems/\(id)").object().text("osFamily")?.lowercased(),
                ["windows", "linux"].contains(family)
            else {
                throw ConnectorError.configuration(
                    "JumpCloud locks devices with Windows or Linux only. Lock this one by its device management.")
            }
            try api.change(.post, "/systems/\(id)/command/builtin/lock", isIdempotent: true)
        default: throw ConnectorError.configuration("JumpCloud can't do \(action.rawValue).")
        }
        return Self.result(target)
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        func user(_ member: String, is value: JSON) throws -> ActionOutcome {
            let user = try api.get("/systemusers/\(target.externalID)").object()
            return user[member] == value ? .done(Self.result(target)) : .notDone
        }
        switch action {
        case .suspendUser: return try user("state", is: "SUSPENDED")
        case .unsuspendUser: return try user("state", is: "ACTIVATED")
        case .forcePasswordChange: return try user("password_expired", is: true)
        case .forceMFAEnroll: return try user("enable_user_portal_multifactor", is: true)
        // Locking a locked device changes nothing.
        case .lockDevice, .containHost: return .notDone
        default: return nil
        }
    }

    private static func result(_ target: ActionTarget) -> JSON {
        ["platform": "jumpcloud", "external_id": .string(target.externalID)]
    }

    private func set(_ user: String, _ properties: JSON) throws {
        try api.change(.put, "/systemusers/\(user)", properties, isIdempotent: true)
    }
}
