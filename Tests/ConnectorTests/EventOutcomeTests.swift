import Base
import Testing

@testable import Connectors

/// An event counts as a success only if the provider says so: by the documented member or, in a log of completed
/// events, by being listed. An event whose outcome can't be read is left out.
@Suite struct EventOutcomeTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let read: @Sendable (JSON) -> [SyncRecord]
        let event: JSON
        /// The path of the outcome in an event.
        let path: [String]
        let success: [JSON]
        let failure: [JSON]
        /// True if an event without a value at `path` is a success.
        var isOptional = false
    }

    private static let awsEvents: @Sendable (JSON) -> [SyncRecord] = { entry in
        PageEntries([entry], of: .auditEvent) { AWSRecords.event($0, userID: { _ in nil }) }.records
    }

    static let examples = [
        Example(
            testDescription: "Okta",
            read: { PageEntries([$0], of: .auditEvent, read: OktaRecords.event).records },
            event: [
                "uuid": "e", "published": "2026-04-02T10:00:00.000Z", "eventType": "user.session.start",
                "actor": ["id": "u1", "type": "User"],
            ], path: ["outcome", "result"], success: ["SUCCESS", "ALLOW", "CHALLENGE"], failure: ["FAILURE", "DENY"]),
        Example(
            testDescription: "Entra's sign-ins",
            read: { PageEntries([$0], of: .auditEvent, read: EntraEvents.signIn).records },
            event: ["id": "s", "createdDateTime": "2026-04-02T10:00:00Z"], path: ["status", "errorCode"], success: [0],
            failure: [50_126]),
        Example(
            testDescription: "Entra's directory log",
            read: { PageEntries([$0], of: .auditEvent, read: EntraEvents.audit).records },
            event: [
                "id": "a", "activityDateTime": "2026-04-02T10:00:00Z", "activityDisplayName": "Add member to role",
            ],
            path: ["result"], success: ["success"], failure: ["failure"]),
        Example(
            testDescription: "JumpCloud's sign-ins", read: { [JumpCloudRecords.event($0).record].compactMap { $0 } },
            event: ["id": "e", "event_type": "user_login_attempt", "timestamp": "2026-04-02T10:00:00Z"],
            path: ["success"], success: [true], failure: [false]),
        Example(
            testDescription: "JumpCloud's changes", read: { [JumpCloudRecords.event($0).record].compactMap { $0 } },
            event: ["id": "e", "event_type": "association_change", "timestamp": "2026-04-02T10:00:00Z"],
            path: ["success"], success: [true], failure: [false], isOptional: true),
        Example(
            testDescription: "Google's challenges",
            read: { GoogleActivity($0, application: "login")?.records ?? [] },
            event: [
                "id": ["time": "2026-04-02T10:00:00.000Z", "uniqueQualifier": "1"],
                "events": [
                    ["name": "login_challenge", "parameters": [["name": "login_challenge_status", "value": ""]]]
                ],
            ], path: ["events", "0", "parameters", "0", "value"], success: ["Challenge Passed."],
            failure: ["Challenge Failed.", "CHALLENGE_FAILED"]),
        Example(
            testDescription: "AWS's calls", read: awsEvents,
            event: ["EventId": "e", "EventName": "CreateUser", "EventTime": 1_775_100_000],
            path: ["CloudTrailEvent"], success: ["{}", #"{"eventName":"CreateUser"}"#],
            failure: [#"{"errorCode":"AccessDenied"}"#, #"{"errorMessage":"No."}"#]),
        Example(
            testDescription: "AWS's sign-ins", read: awsEvents,
            event: ["EventId": "e", "EventName": "ConsoleLogin", "EventTime": 1_775_100_000],
            path: ["CloudTrailEvent"],
            success: [#"{"responseElements":{"ConsoleLogin":"Success"}}"#],
            failure: [
                #"{"responseElements":{"ConsoleLogin":"Failure"}}"#,
                // A flaw elsewhere in the text does not matter.
                #"{"userAgent":"\ud83c","responseElements":{"ConsoleLogin":"Failure"}}"#,
                "{\"userAgent\":\"a\tb\",\"responseElements\":{\"ConsoleLogin\":\"Failure\"}}",
                #"{"a":1e400,"responseElements":{"ConsoleLogin":"Failure"},"a":1}"#,
                "\u{FEFF}{\"responseElements\":{\"ConsoleLogin\":\"Failure\"}}",
            ]),
        Example(
            testDescription: "GitLab's messages", read: { [GitLabRecords.event($0).record].compactMap { $0 } },
            event: ["id": 1, "created_at": "2026-04-02T10:00:00Z", "event_name": "member_updated", "details": [:]],
            path: ["details", "custom_message"], success: ["Signed in with STANDARD authentication"],
            failure: ["Failed to login with STANDARD authentication"], isOptional: true),
    ]

    private func outcomes(_ example: Example, _ value: JSON?) -> Set<AuditEventRecord.Outcome> {
        let event = Self.setting(example.path[...], to: value, in: example.event)
        return Set(
            example.read(event).compactMap { if case .auditEvent(let record) = $0 { record.outcome } else { nil } })
    }

    @Test("An event's outcome is the one that the provider documents", arguments: examples)
    func theOutcomeIsTheProviders(_ example: Example) {
        for value in example.success { #expect(outcomes(example, value) == [.success], "\(value)") }
        for value in example.failure { #expect(outcomes(example, value) == [.failure], "\(value)") }
    }

    @Test("An event whose outcome can't be read is not a success", arguments: examples)
    func whatCannotBeReadIsNoSuccess(_ example: Example) {
        let unreadable: [JSON] = ["", "\u{FFFD}", "SOMETHING_NEW", "{", "[]", "null", .number(7.5), [1], ["a": "b"]]
        for value in unreadable {
            let isText = example.path.last == "custom_message" && value.string != nil
            #expect(isText || !outcomes(example, value).contains(.success), "\(value)")
        }
        for value in [nil, JSON.null] where !example.isOptional {
            #expect(outcomes(example, value).isEmpty, "\(String(describing: value))")
        }
        if example.isOptional { #expect(outcomes(example, nil) == [.success]) }
    }

    /// Such an event has neither a known value of `ConsoleLogin` nor an error code.
    @Test(
        "An AWS sign-in without an outcome is left out",
        arguments: [
            #"{"responseElements":null}"#, #"{"responseElements":{"ConsoleLogin":"Maybe"}}"#, #"{"errorCode":null}"#,
        ])
    func aSignInWithoutAnOutcomeIsLeftOut(_ text: String) {
        let entry: JSON = [
            "EventId": "e", "EventName": "ConsoleLogin", "EventTime": 1_775_100_000, "CloudTrailEvent": .string(text),
        ]
        #expect(AWSRecords.event(entry, userID: { _ in nil }).record == nil)
    }

    @Test(
        "OneLogin's event type tells the outcome",
        arguments: [
            (5, nil, AuditEventRecord.Outcome.success), (6, nil, .failure), (17, "USER_DELETED", .success),
            (9, "USER_FAILED_APP_LOGIN", .failure), (400, "RISK_ERROR_API", .failure), (999, nil, nil),
        ] as [(Int, String?, AuditEventRecord.Outcome?)])
    func oneLoginSaysItByTheType(_ number: Int, _ name: String?, _ outcome: AuditEventRecord.Outcome?) {
        let event: JSON = ["id": 1, "event_type_id": .integer(number), "created_at": "2026-04-02T10:00:00Z"]
        let record = OneLoginRecords.event(event, names: name.map { [number: $0] } ?? [:]).record
        guard case .auditEvent(let read)? = record else { return #expect(outcome == nil) }
        #expect(read.outcome == outcome)
    }

    private static func setting(_ path: ArraySlice<String>, to value: JSON?, in json: JSON) -> JSON {
        guard let name = path.first else { return value ?? .null }
        if let index = Int(name), var elements = json.array, elements.indices.contains(index) {
            elements[index] = setting(path.dropFirst(), to: value, in: elements[index])
            return .array(elements)
        }
        var members = json.object ?? [:]
        if path.count == 1 {
            members[name] = value
        } else {
            members[name] = setting(path.dropFirst(), to: value, in: members[name] ?? [:])
        }
        return .object(members)
    }
}
