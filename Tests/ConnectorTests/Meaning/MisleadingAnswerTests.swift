import Base
import Testing

@testable import Connectors

/// Ordinary answers of providers that look like problems and are none.
@Suite struct MisleadingAnswerTests {
    private func signIn(_ code: Int) throws -> AuditEventRecord {
        let reading = EntraEvents.signIn([
            "id": "s1", "createdDateTime": "2026-04-02T10:00:00Z", "userId": "u1", "ipAddress": "198.51.100.7",
            "status": ["errorCode": .integer(code)],
        ])
        guard case .auditEvent(let event)? = reading.record else { throw ConnectorError.provider("no event") }
        return event
    }

    @Test("In Entra, a wrong password is a failed sign-in", arguments: [50_034, 50_053, 50_055, 50_056, 50_126])
    func aWrongPasswordIsAFailure(_ code: Int) throws {
        let event = try signIn(code)
        #expect(event.eventType == EventType.signIn && event.outcome == .failure)
        #expect(event.details["error_code"] == .integer(code))
    }

    @Test(
        "In Entra, a sign-in that a policy stopped is not a wrong password",
        arguments: [53_003, 50_105, 50_173, 65_004, 700_082])
    func aPolicyIsNoWrongPassword(_ code: Int) throws {
        let event = try signIn(code)
        #expect(event.eventType == "sign_in.refused" && event.outcome == .failure)
        #expect(event.details["error_code"] == .integer(code))
    }

    @Test(
        "A role of an application is an administrator's only by a word of its name",
        arguments: [
            ("Org.Admin", true), ("OrgAdmin", true), ("Global Administrator", true), ("admin", true),
            ("Administrative Assistant", false), ("Badminton", false), ("User", false),
        ])
    func anAssistantIsNoAdministrator(_ name: String, _ isAdmin: Bool) {
        let applications = EntraApplications([
            [
                "id": "sp1", "servicePrincipalType": "Application",
                "appRoles": [["id": "r1", "value": .string(name), "displayName": .string(name)]],
            ]
        ])
        #expect(applications.roles["sp1"]?.role(of: ["appRoleId": "r1"])?.isAdmin == isAdmin)
    }

    @Test(
        "Only Okta's roles that change something make an administrator",
        arguments: [
            ("READ_ONLY_ADMIN", true), ("REPORT_ADMIN", true), ("HELP_DESK_ADMIN", false), ("CUSTOM", false),
        ])
    func whoOnlyReadsAdministersNothing(_ type: String, _ onlyReads: Bool) {
        #expect(OktaRoles.onlyReads(["type": .string(type)]) == onlyReads)
        #expect(!OktaRoles.onlyReads(["label": "Reader"]))
    }

    @Test("Okta's bookmarks have no sign-in, single or other") func aBookmarkIsALink() throws {
        for (mode, isSSO) in [("BOOKMARK", nil), ("BROWSER_PLUGIN", false), ("SAML_2_0", true)] as [(String, Bool?)] {
            let reading = OktaRecords.application(["id": "a", "status": "ACTIVE", "signOnMode": .string(mode)])
            guard case .application(let application)? = reading.record else {
                Issue.record("no application")
                continue
            }
            #expect(application.ssoEnabled == isSSO)
        }
    }

    @Test("An event says if Okta asked for a second factor", arguments: [("ALLOW", nil), ("CHALLENGE", "yes")])
    func aChallengeIsNoEntry(_ result: String, _ challenge: JSON?) {
        let reading = OktaRecords.event([
            "uuid": "e1", "published": "2026-04-02T10:00:00.000Z", "eventType": "policy.evaluate_sign_on",
            "outcome": ["result": .string(result)], "actor": ["id": "u1", "type": "User"],
        ])
        guard case .auditEvent(let event)? = reading.record else {
            Issue.record("no event")
            return
        }
        #expect(event.details["challenge"] == challenge)
    }

    @Test(
        "A condition limits a trust only if it is about the callers",
        arguments: [
            (#"{"StringEquals":{"sts:ExternalId":"x"}}"#, "yes"),
            (#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, "yes"),
            (#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}}"#, "yes"),
            (#"{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#, "no"),
            (#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#, "no"), ("{}", "no"),
            (#"{"StringEqualsIfExists":{"sts:ExternalId":"x"}}"#, "no"),
            (#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":["o-1/*"]}}"#, "no"),
            (#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-1/*"]}}"#, "yes"),
            (#"{"Null":{"sts:ExternalId":"true"}}"#, "no"), (#"{"StringLike":{"sts:ExternalId":"*"}}"#, "no"),
            (#"{"StringLike":{"sts:ExternalId":["x","*"]}}"#, "no"), (#"{"StringEquals":{"sts:ExternalId":[]}}"#, "no"),
        ])
    func aRegionIsNoLimit(_ condition: String, _ expected: String) throws {
        let policy: JSON = [
            "Statement": [
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": ["AWS": "arn:aws:iam::210987654321:root"],
                "Condition": try JSON(parsing: condition.utf8),
            ]
        ]
        let trust = try #require(AWSTrust.widest(in: policy, ownAccount: "111122223333"))
        #expect(trust.metadata["has_condition"] == .string(expected))
    }

    @Test("A Chromebook is encrypted") func aChromebookIsEncrypted() {
        guard case .device(let device)? = GoogleRecords.chromeDevice(["deviceId": "c1"]).record else {
            Issue.record("no device")
            return
        }
        #expect(device.isEncrypted == true)
    }
}
