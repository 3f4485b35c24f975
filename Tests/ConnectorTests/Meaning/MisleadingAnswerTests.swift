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

    /// Conditions about the tokens of GitHub Actions; `x:` stands for its issuer.
    @Test(
        "A role that trusts an identity provider trusts its strangers, unless a condition names their owner",
        arguments: [
            ("{}", "anyone"), (#"{"StringEquals":{"x:aud":"sts.amazonaws.com"}}"#, "anyone"),
            (#"{"StringEquals":{"x:sub":"repo:acme/website:ref:refs/heads/main"}}"#, "identity_provider"),
            (#"{"StringLike":{"x:sub":"repo:acme/*"}}"#, "identity_provider"),
            (#"{"ForAnyValue:StringLike":{"x:sub":["repo:acme/*","repo:acme-labs/*:*"]}}"#, "identity_provider"),
            (#"{"StringLike":{"x:sub":"repo:*"}}"#, "anyone"), (#"{"StringLike":{"x:sub":"*"}}"#, "anyone"),
            (#"{"StringLike":{"x:sub":"repo:acme*/website:*"}}"#, "anyone"),
            (#"{"StringLike":{"x:sub":"*:ref:refs/heads/main"}}"#, "anyone"),
            (#"{"StringLike":{"x:sub":["repo:acme/*","repo:*/website"]}}"#, "anyone"),
            (#"{"StringLikeIfExists":{"x:sub":"repo:acme/*"}}"#, "anyone"),
            (#"{"StringNotLike":{"x:sub":"repo:acme/*"}}"#, "anyone"),
            (#"{"ForAllValues:StringEquals":{"x:sub":"repo:acme/website"}}"#, "anyone"),
            (#"{"StringEquals":{"x:sub":[]}}"#, "anyone"), (#"{"StringEquals":{"x:environment":"prod"}}"#, "anyone"),
            (#"{"StringEquals":{"x:repository_owner":"acme"}}"#, "identity_provider"),
            (#"{"StringLike":{"x:job_workflow_ref":"acme/ci/*"}}"#, "identity_provider"),
            (#"{"NumericGreaterThan":{"x:repository_id":"1"}}"#, "anyone"),
            (#"{"NumericEquals":{"x:repository_id":"7"}}"#, "identity_provider"),
            (#"{"StringEquals":{"gitlab.com:sub":"repo:acme/website"}}"#, "anyone"),
            (#"{"StringEquals":{"sts:ExternalId":7}}"#, "identity_provider"),
        ])
    func strangersTokens(_ condition: String, _ expected: String) throws {
        let issuer = "token.actions.githubusercontent.com"
        let policy = try Self.trust(
            "arn:aws:iam::111122223333:oidc-provider/" + issuer, condition.replacing("x:", with: issuer + ":"))
        let trust = try #require(AWSTrust.widest(in: policy, ownAccount: "111122223333"))
        #expect(trust.metadata["trusts"] == .string(expected))
        #expect(trust.metadata["trusted_provider"] == (expected == "anyone" ? "GitHub Actions" : nil))
        #expect(trust.metadata["has_condition"] == (expected == "anyone" ? "no" : "yes"))
    }

    @Test(
        "Only identity providers that strangers use let anyone assume a role",
        arguments: [
            ("cognito-identity.amazonaws.com", "{}", "anyone"),
            (
                "cognito-identity.amazonaws.com",
                #"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:1"}}"#, "identity_provider"
            ),
            (
                "cognito-identity.amazonaws.com",
                #"{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}"#, "anyone"
            ),
            ("accounts.google.com", #"{"StringEquals":{"accounts.google.com:aud":"app"}}"#, "identity_provider"),
            ("arn:aws:iam::111122223333:oidc-provider/gitlab.com", "{}", "anyone"),
            ("arn:aws:iam::111122223333:oidc-provider/gitlab.acme.com", "{}", "identity_provider"),
            (
                "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1", "{}",
                "identity_provider"
            ),
            (
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com/acme", "{}",
                "identity_provider"
            ),
            ("arn:aws:iam::111122223333:saml-provider/okta", "{}", "identity_provider"),
            ("", "{}", "identity_provider"),
        ])
    func providers(_ principal: String, _ condition: String, _ expected: String) throws {
        let trust = try #require(
            AWSTrust.widest(in: Self.trust(principal, condition), ownAccount: "111122223333"))
        #expect(trust.metadata["trusts"] == .string(expected))
    }

    @Test("The widest of accounts, services and identity providers counts") func widestPrincipal() throws {
        func trusts(_ principal: JSON) -> JSON? {
            let statement: JSON = ["Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal]
            return AWSTrust.widest(in: ["Statement": [statement]], ownAccount: "111122223333")?.metadata["trusts"]
        }
        let gitHub: JSON = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        #expect(trusts(["Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]]) == "service")
        #expect(trusts(["Service": "ec2.amazonaws.com", "AWS": "111122223333"]) == "account")
        #expect(trusts(["Service": "ec2.amazonaws.com", "AWS": "210987654321"]) == "other_account")
        #expect(trusts(["AWS": "210987654321", "Federated": [gitHub]]) == "anyone")
        #expect(trusts(["Federated": [7, nil]]) == nil && trusts(["Service": [:]]) == nil && trusts(7) == nil)
    }

    /// Returns a trust policy for an identity provider.
    private static func trust(_ principal: String, _ condition: String) throws -> JSON {
        [
            "Statement": [
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": ["Federated": .string(principal)], "Condition": try JSON(parsing: condition.utf8),
            ]
        ]
    }

    @Test("A Chromebook is encrypted") func aChromebookIsEncrypted() {
        guard case .device(let device)? = GoogleRecords.chromeDevice(["deviceId": "c1"]).record else {
            Issue.record("no device")
            return
        }
        #expect(device.isEncrypted == true)
    }
}
