import Base
import Findings
import Upstream

/// AWS, one account: docs.aws.amazon.com/IAM/latest/APIReference and …/awscloudtrail/latest/APIReference.
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

    let session: AWSSession
    private let directory: AWSDirectory
    private let eventsSince: Timestamp

    init(_ credentials: Credentials, _ scope: ConnectorScope) throws {
        guard let id = credentials["access_key_id"], let secret = credentials.secret("secret_access_key") else {
            throw ConnectorError.configuration("AWS takes access_key_id and secret_access_key.")
        }
        let role = credentials["role_arn"].map { AWSSession.Role(arn: $0, externalID: credentials["external_id"]) }
        if role == nil, credentials["external_id"] != nil {
            throw ConnectorError.configuration("AWS takes external_id with role_arn only.")
        }
        // Reports take a while to be made, and throttling is usual.
        let retry = RetryPolicy(retries: 6, firstPause: scope.firstPause, verdict: AWSErrors.verdict)
        let client = try UpstreamClient(
            Self.platform.rawValue, scope.environment, retry: retry, seconds: scope.seconds)
        session = AWSSession(
            client, region: credentials["region"] ?? "us-east-1", keys: AWSKeys(id: id, secret: secret), role: role)
        directory = AWSDirectory(session)
        eventsSince = scope.eventsSince
    }

    /// Who the keys are needs no permission to be asked; whether they may read users does.
    func check() throws {
        _ = try session.sts("GetCallerIdentity")
        _ = try session.iam("ListUsers", [("MaxItems", "1")])
    }

    var collections: [RecordCollection] {
        [
            RecordCollection("root") { _ in RecordPage(try directory.root()) },
            marked("users", "ListUsers") { try directory.users($0.members("Users")) },
            marked("roles", "GetAccountAuthorizationDetails", [("Filter.member.1", "Role")]) {
                $0.members("RoleDetailList").compactMap(AWSRecords.role)
            },
            marked("access keys", "ListUsers") { try directory.accessKeys(of: $0.members("Users")) },
            RecordCollection("events") { cursor in
                var body: [String: JSON] = [
                    "StartTime": .integer(eventsSince.seconds), "MaxResults": 50,
                    // What only reads is most of the log, and no rule asks for it.
                    "LookupAttributes": [["AttributeKey": "ReadOnly", "AttributeValue": "false"]],
                ]
                if let cursor { body["NextToken"] = cursor }
                let answer = try session.cloudTrail("LookupEvents", .object(body))
                guard let events = answer["Events"]?.array else {
                    throw ConnectorError.provider("AWS's answer is not the list that it documents.")
                }
                return RecordPage(events.compactMap(AWSRecords.event), next: answer.text("NextToken").map(JSON.string))
            },
        ]
    }

    /// A list of IAM's, whose pages follow one another by a marker.
    private func marked(
        _ name: String, _ action: String, _ parameters: [(name: String, value: String)] = [],
        records: @escaping (XMLElement) throws -> [SyncRecord]
    ) -> RecordCollection {
        RecordCollection(name) { cursor in
            let page = try session.iamPage(action, parameters, after: cursor?.string)
            return RecordPage(try records(page.result), next: page.next.map(JSON.string))
        }
    }

    // MARK: Forms

    @Sendable private static func isKeyID(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// A region of the commercial partition, such as us-east-1.
    @Sendable private static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].count == 2 && parts[0] != "cn" && !parts[1].isEmpty
            && parts[0...1].allSatisfy { $0.allSatisfy { ("a"..."z").contains($0) } }
            && ["1", "2", "3", "4", "5", "6", "7", "8", "9"].contains(parts[2])
    }

    @Sendable private static func isRole(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return Form.line(text) && parts.count == 6 && parts[0...3].elementsEqual(["arn", "aws", "iam", ""])
            && AWSRecords.isAccountID(parts[4]) && parts[5].hasPrefix("role/") && parts[5].utf8.count <= 580
    }
}
