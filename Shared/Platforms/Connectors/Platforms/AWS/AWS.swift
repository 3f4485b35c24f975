import Base
import Integrations
import Upstream

/// A connector for one AWS account (docs.aws.amazon.com/IAM/latest/APIReference and
/// …/awscloudtrail/latest/APIReference).
struct AWS: Connector {
    static let platform = Platform.aws
    static let fields: [CredentialField] = [
        .plain("access_key_id", "The access key ID of an IAM user.", accepts: isKeyID),
        .secret("secret_access_key", "The secret of that access key."),
        .plain(
            "region", "The region whose log is read, us-east-1 if left out.", isRequired: false, accepts: isRegion),
        .plain(
            "role_arn", "The ARN of a role that the user assumes, if it needs one.", isRequired: false,
            accepts: isRole),
        .plain("external_id", "The external ID that the role asks for, if it does.", isRequired: false),
    ]
    static let actions: Set<ActionType> = [
        .suspendUser, .forcePasswordChange, .revokeSessions, .revokeOAuthToken, .revokeAllTokens, .rotateCredentials,
    ]
    static let parameters: [ActionType: [ActionParameter]] = [
        .rotateCredentials: [.key("access_key_id", isRequired: true)], .revokeOAuthToken: [.key("access_key_id")],
    ]

    let session: AWSSession
    let names: AWSNames
    private let directory: AWSDirectory
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let id = credentials["access_key_id"], let secret = credentials.secret("secret_access_key") else {
            throw ConnectorError.configuration("AWS takes access_key_id and secret_access_key.")
        }
        let role = credentials["role_arn"].map { AWSSession.Role(arn: $0, externalID: credentials["external_id"]) }
        if role == nil, credentials["external_id"] != nil {
            throw ConnectorError.configuration("AWS takes external_id only with role_arn.")
        }
        // Credential reports take a while to be made, and throttling is common.
        let retry = RetryPolicy(retries: 6, firstPause: scope.firstPause, decision: AWSErrors.decision)
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: retry, seconds: scope.seconds)
        session = AWSSession(
            client, region: credentials["region"] ?? "us-east-1", keys: AWSKeys(id: id, secret: secret), role: role)
        directory = AWSDirectory(session)
        names = AWSNames(session)
        eventsSince = scope.eventsSince(of: "events")
    }

    /// Checks the keys, or those of the role, with GetCallerIdentity, which needs no permission, and the permission to
    /// read users with ListUsers.
    func check() throws {
        _ = try session.sts("GetCallerIdentity")
        _ = try session.iam("ListUsers", [("MaxItems", "1")])
    }

    var collections: [RecordCollection] {
        [
            RecordCollection("root", of: .account, need: .optional) { _ in RecordPage(try directory.root()) }
                .withIDs(beginning: AWSRecords.rootPrefix),
            marked("users", of: .account, "ListUsers") { try directory.users($0.list("Users")) },
            marked(
                "roles", of: .account, need: .optional, "GetAccountAuthorizationDetails",
                [("Filter.member.1", "Role")]
            ) {
                try PageEntries(
                    $0.list("RoleDetailList"), of: .account, id: AWSRecords.roleID,
                    keeping: .beginning(.account, with: AWSRecords.rolePrefix), read: AWSRecords.role)
            }.withIDs(beginning: AWSRecords.rolePrefix),
            marked("access keys", of: .accessKey, need: .optional, "ListUsers") {
                try directory.accessKeys(of: $0.list("Users"))
            },
            RecordCollection("events", of: .auditEvent, need: .optional) { cursor in
                var body: [String: JSON] = [
                    "StartTime": .integer(eventsSince.seconds), "MaxResults": 50,
                    // Excludes events that only read: they are most of the log, and no rule uses them.
                    "LookupAttributes": [["AttributeKey": "ReadOnly", "AttributeValue": "false"]],
                ]
                if let cursor { body["NextToken"] = cursor }
                let answer = try session.cloudTrail("LookupEvents", .object(body))
                guard let events = answer["Events"]?.array else {
                    throw ConnectorError.provider("AWS's answer is not the documented list.")
                }
                let entries = try PageEntries(events, of: .auditEvent, id: { $0.text("EventId") }) {
                    try AWSRecords.event($0, userID: names.userID)
                }
                return RecordPage(entries, next: try answer.nextToken("NextToken").map(JSON.string))
            },
        ]
    }

    /// Creates a list of IAM, whose pages are chained by markers.
    private func marked(
        _ name: String, of kind: SyncRecord.Kind, need: RecordCollection.Need = .required, _ action: String,
        _ parameters: [(name: String, value: String)] = [], entries: @escaping (XMLElement) throws -> PageEntries
    ) -> RecordCollection {
        RecordCollection(name, of: kind, need: need) { cursor in
            let page = try session.iamPage(action, parameters, after: cursor?.string)
            return RecordPage(try entries(page.result), next: page.next.map(JSON.string))
        }
    }

    // MARK: Forms

    @Sendable private static func isKeyID(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Accepts text in the form of a region of the commercial partition, such as us-east-1.
    @Sendable private static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].count == 2 && parts[0] != "cn" && !parts[1].isEmpty
            && parts.prefix(2).allSatisfy { $0.allSatisfy { ("a"..."z").contains($0) } }
            && ["1", "2", "3", "4", "5", "6", "7", "8", "9"].contains(parts[2])
    }

    @Sendable private static func isRole(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return Form.line(text) && parts.count == 6 && parts.prefix(4).elementsEqual(["arn", "aws", "iam", ""])
            && AWSRecords.isAccountID(parts[4]) && parts[5].hasPrefix("role/") && parts[5].utf8.count <= 580
    }
}
