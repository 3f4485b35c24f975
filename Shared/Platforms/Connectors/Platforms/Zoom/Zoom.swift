import Base
import HTTP
import Integrations
import Upstream

/// A connector for Zoom (developers.zoom.us/docs/api).
struct Zoom: Connector {
    static let platform = Platform.zoom
    static let fields: [CredentialField] = [
        .plain("account_id", "The account ID of a server-to-server OAuth app."),
        .plain("client_id", "The client ID of that app."),
        .secret("client_secret", "The client secret of that app."),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .unsuspendUser, .revokeSessions, .forcePasswordChange, .revokeLicense,
    ]

    /// The scopes that the app needs, as error sentences name them.
    private static let scopes = """
        user:read:list_users:admin, user:read:user:admin, user:update:status:admin, user:delete:token:admin, \
        user:update:password:admin and user:update:user:admin
        """

    private let api: PlatformAPI
    private let directory: ZoomDirectory

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let account = credentials["account_id"], let id = credentials["client_id"],
            let secret = credentials.secret("client_secret"), let base = UpstreamURL("https://api.zoom.us/v2"),
            let tokens = UpstreamURL("https://zoom.us/oauth/token")
        else { throw ConnectorError.configuration("Zoom takes account_id, client_id and client_secret.") }
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment,
            retry: RetryPolicy(firstPause: scope.firstPause, decision: Self.decision), seconds: scope.seconds)
        let token: () throws -> Secret = {
            let basic = secret.reveal { "Basic " + Base64.standard.encode(Array("\(id):\($0)".utf8)) }
            return try OAuthToken.bearer(
                client, tokens, form: [("grant_type", "account_credentials"), ("account_id", account)],
                headers: ["Authorization": basic]
            ) { response in
                switch response.json.text("error") {
                // Zoom answers a wrong account ID with one of these errors too.
                case "invalid_request", "invalid_client", "invalid_grant":
                    .credentials("Zoom refuses the account ID, the client ID or the secret.")
                case "unsupported_grant_type", "unauthorized_client", "invalid_scope":
                    .configuration("The Zoom app is not an activated server-to-server OAuth app.")
                default: .unexplained(response, by: "Zoom")
                }
            }
        }
        api = PlatformAPI(
            client, base, headers: ["Accept": "application/json"], .token(token), explain: Self.explain)
        directory = ZoomDirectory(api)
    }

    func check() throws { _ = try api.get("/users", query: [("page_size", "1")]).list("users") }

    var collections: [RecordCollection] {
        [
            RecordCollection("application", of: .application) { _ in
                RecordPage(PageEntries(known: [ZoomRecords.application]))
            },
            // A user who accepts an invitation or is activated again while the lists are read moves to a later list.
            users("pending users", "pending") { try directory.accounts($0, state: "pending") },
            users("inactive users", "inactive") { try directory.inactiveAccounts($0) },
            users("active users", "active") { try directory.accounts($0, state: "active") },
            // A user who is deactivated while the lists are read moves to an earlier list, so the inactive users are
            // read again.
            users("users deactivated during the sync", "inactive") { try directory.deactivatedAccounts($0) },
        ]
    }

    /// Creates the list of the users in a state.
    private func users(
        _ name: String, _ state: String, _ entries: @escaping ([JSON]) throws -> PageEntries
    ) -> RecordCollection {
        // Page tokens expire after a quarter of an hour.
        RecordCollection.tokened(
            name, of: .account, .entitlement, need: .required, api, "/users",
            query: [("status", state), ("page_size", "300")], parameter: "next_page_token",
            token: { try $0.json.nextToken("next_page_token") }
        ) { try entries($0.list("users")) }.beginningAgain()
    }

    /// Returns the retry decision. Retry-After holds a date for the daily limit, and a number of seconds for other
    /// limits.
    @Sendable private static func decision(_ response: UpstreamResponse) -> RetryDecision {
        guard response.status == 429 else { return RetryPolicy.standardDecision(response) }
        let date = response.headers["Retry-After"].flatMap { Timestamp(provider: $0) }
        return .throttled(seconds: response.retryAfter ?? date.map { response.seconds(until: $0) })
    }

    private static func explain(_ response: UpstreamResponse) -> ConnectorError {
        switch (response.status, response.json["code"]?.integer) {
        // These codes mean that the token lacks a scope.
        case (_, 4_700), (_, 4_711):
            .configuration("The Zoom app lacks a scope. Give it the scopes \(scopes).")
        case (401, 124), (401, nil): .credentials("Zoom refuses the access token that it issued.")
        case (401, _), (403, _):
            .configuration("The Zoom app is not allowed to do this. Give it the scopes \(scopes).")
        case (404, _), (_, 1_001): .missing("Zoom has no such user.")
        case (400, _), (409, _): .configuration("Zoom does not allow this for that user.")
        default: .unexplained(response, by: "Zoom")
        }
    }
}

// MARK: Actions

extension Zoom {
    func perform(_ action: ActionType, on target: ActionTarget) throws -> JSON {
        let id = target.externalID
        switch action {
        case .suspendUser:
            try api.change(.put, "/users/\(id)/status", ["action": "deactivate"], isIdempotent: true)
        case .unsuspendUser:
            try api.change(.put, "/users/\(id)/status", ["action": "activate"], isIdempotent: true)
        case .revokeSessions: try api.change(.delete, "/users/\(id)/token", isIdempotent: true)
        case .forcePasswordChange:
            try api.change(
                .put, "/users/\(id)/password", ["password": .string(Self.newPassword())], isIdempotent: true)
        case .revokeLicense:
            try api.change(
                .patch, "/users/\(try licensee(target))", ["type": .integer(ZoomRecords.basic)], isIdempotent: true)
        default: throw ConnectorError.configuration("Zoom can't do \(action.rawValue).")
        }
        return ["platform": "zoom", "external_id": .string(id)]
    }

    /// Creates a password that is kept nowhere, so that the user must reset it by mail. It has 160 random bits. Zoom
    /// allows at most 31 characters, and requires an upper-case and a lower-case letter, a digit and a special
    /// character.
    static func newPassword() -> String {
        let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return "Th1!" + String((0..<27).compactMap { _ in characters.randomElement() })
    }

    func outcome(of action: ActionType, on target: ActionTarget) throws -> ActionOutcome? {
        func user(_ id: String) throws -> JSON { try api.get("/users/\(id)").object() }
        let isDone: Bool
        switch action {
        case .suspendUser: isDone = try user(target.externalID).text("status") == "inactive"
        case .unsuspendUser: isDone = try user(target.externalID).text("status") == "active"
        case .revokeLicense: isDone = try user(licensee(target))["type"]?.integer == ZoomRecords.basic
        // Repeating these actions does no harm.
        case .revokeSessions, .forcePasswordChange: return .notDone
        default: return nil
        }
        return isDone ? .done(["platform": "zoom", "external_id": .string(target.externalID)]) : .notDone
    }

    /// Returns the id of the user whose seat is revoked. Seats are revoked one at a time, by the user's id or by the
    /// seat's.
    private func licensee(_ target: ActionTarget) throws -> String {
        switch target.kind {
        case .account: return target.externalID
        case .license:
            if let user = ZoomRecords.user(ofSeat: target.externalID) { return user }
            fallthrough
        default: throw ConnectorError.configuration("Zoom revokes the seats of users. Name the user.")
        }
    }
}

/// Translates Zoom's objects into records.
enum ZoomRecords {
    static let applicationID = "zoom"
    static let basic = 1
    private static let licensed = 2

    /// The application Zoom itself, whose seats are paid for.
    static let application = SyncRecord.application(
        ApplicationRecord(externalID: applicationID, name: "Zoom", isManaged: true))

    private static let seatPrefix = applicationID + "/"

    /// Returns the id of the user who has a seat; nil if the id is not a seat's.
    static func user(ofSeat id: String) -> String? {
        id.hasPrefix(seatPrefix) ? String(id.dropFirst(seatPrefix.count)) : nil
    }

    private static let roles = ["0": "Owner", "1": "Admin"]
    private static let singleSignOn = 101

    /// Reads an account in the list of users in a state, which is assumed if the user's own status is missing or
    /// unknown.
    static func account(_ user: JSON, id: String, state: String) -> AccountRecord {
        let names = [user.text("first_name"), user.text("last_name")].compactMap { $0 }.joined(separator: " ")
        var account = AccountRecord(
            externalID: id, displayName: names.isEmpty ? user.text("email") ?? id : names,
            status: user.accountStatus("status") ?? AccountRecord.Status(word: state))
        account.username = user.text("email")
        let email = user.email("email")
        switch user["verified"]?.integer {
        case 1: account.email = email
        case 0: account.unverifiedEmail = email
        default: account.unread.insert(.email)
        }
        let role = user.identifier("role_id")
        account.adminRoles = role.flatMap { roles[$0] }.map { [$0] } ?? []
        account.isAdmin = role.map { roles[$0] != nil }
        let types = user["login_types"]?.array ?? []
        if types.allSatisfy({ $0.integer != nil }) {
            account.ssoEnforced = types.isEmpty ? nil : types.allSatisfy { $0.integer == singleSignOn }
        } else {
            account.unread.insert(.ssoEnforced)
        }
        account.lastLoginAt = user.date("last_login_time")
        account.department = user.text("dept")
        account.title = user.text("job_title")
        account.managerEmail = user.email("manager")
        account.createdAt = user.date("user_created_at") ?? user.date("created_at")
        return account
    }

    /// Returns true if a user takes up a paid seat; nil if that or the user's role is not known.
    static func hasSeat(_ user: JSON, _ account: AccountRecord) -> Bool? {
        guard account.status == .active else { return false }
        guard let type = user["type"]?.integer, account.isAdmin != nil else { return nil }
        return type == licensed
    }

    /// Returns the seat of a user who has one.
    static func seat(of account: AccountRecord) -> EntitlementRecord {
        var seat = EntitlementRecord(
            externalID: seatPrefix + account.externalID, accountExternalID: account.externalID,
            applicationExternalID: applicationID, role: account.adminRoles.first ?? "Licensed")
        seat.isAdmin = account.isAdmin == true
        seat.isLicense = true
        seat.grantedAt = account.createdAt
        seat.lastUsedAt = account.lastLoginAt
        return seat
    }
}
