import Base
import TestSupport
import Testing

@testable import Connectors

/// The meaning of platforms' fields about people.
@Suite struct AccountMeaningTests {
    // MARK: Okta

    private func okta(_ status: String, _ profile: JSON = ["login": "ann@example.com"]) -> AccountRecord? {
        OktaRecords.account(["id": "u1", "status": .string(status), "profile": profile])
    }

    /// A staged user has never been active, so it is not suspended.
    @Test(
        "Okta's user states are mapped to our four states",
        arguments: [
            ("STAGED", AccountRecord.Status.staged), ("SUSPENDED", .suspended), ("DEPROVISIONED", .deprovisioned),
            ("PROVISIONED", .active), ("LOCKED_OUT", .active), ("PASSWORD_EXPIRED", .active), ("RECOVERY", .active),
        ])
    func oktasStatesAreFour(_ status: String, _ expected: AccountRecord.Status) {
        #expect(okta(status)?.status == expected)
    }

    @Test("A custom role in Okta is shown by its label") func aCustomRoleHasItsLabel() throws {
        let roles: JSON = [
            ["id": "cr0", "type": "CUSTOM", "label": "Help desk of the north"], ["type": "ORG_ADMIN", "label": "Org"],
            ["type": "CUSTOM"],
        ]
        let provider = try FakeProvider { request in
            request.path == "/api/v1/users/u1/roles" ? .json(roles) : OktaOrg.answer(request, users: 6, isEmpty: false)
        }
        let connector = try ConnectorCase.okta.connect(provider)
        #expect(
            try pull { connector }.accounts["u1"]?.adminRoles == ["Help desk of the north", "ORG_ADMIN", "CUSTOM"])
    }

    @Test("A login that is an e-mail address is a linked address") func aLoginThatIsAnAddressIsALink() {
        let account = okta("ACTIVE", ["login": "Ann@Google.example", "email": "ann@mail.example"])
        #expect(account?.email == "ann@mail.example" && account?.linkedEmails == ["ann@google.example"])
        #expect(okta("ACTIVE", ["login": "ann", "email": "ann@mail.example"])?.linkedEmails == [])
        #expect(okta("ACTIVE", ["login": "ANN@mail.example", "email": "ann@mail.example"])?.linkedEmails == [])
    }

    @Test("A country name in an event becomes its code") func aCountryInWordsIsItsCode() {
        let record = OktaRecords.event([
            "uuid": "e1", "published": "2026-04-02T10:00:00.000Z", "eventType": "user.session.start",
            "outcome": ["result": "SUCCESS"], "client": ["geographicalContext": ["country": "United States"]],
        ])
        let nowhere = OktaRecords.event([
            "uuid": "e1", "published": "2026-04-02T10:00:00.000Z", "eventType": "user.session.start",
            "outcome": ["result": "SUCCESS"], "client": ["geographicalContext": ["country": "Atlantis"]],
        ])
        guard case .auditEvent(let event)? = record.record, case .auditEvent(let other)? = nowhere.record else {
            Issue.record("no event")
            return
        }
        #expect(event.details == ["country": "US"] && other.details == [:])
    }

    // MARK: Entra

    private static let guestName = "ann_partner.example#EXT#@tenant.onmicrosoft.com"

    @Test(
        "A user with a generated guest name is external",
        arguments: ["Member", "Guest", nil] as [String?], [guestName, guestName.lowercased()])
    func whoHasAMadeUpNameComesFromOutside(_ type: String?, _ name: String) {
        var user: [String: JSON] = ["id": "u1", "userPrincipalName": .string(name)]
        user["userType"] = type.map(JSON.string) ?? .null
        let account = EntraRecords.account(.object(user))
        #expect(account?.kind == .external)
        #expect(account?.email == nil && account?.linkedEmails == [])
        user["mail"] = "Ann@Partner.example"
        #expect(EntraRecords.account(.object(user))?.email == "ann@partner.example")
        user["mail"] = .string(name)
        #expect(EntraRecords.account(.object(user))?.email == nil)
    }

    @Test("A member with an ordinary name is a user, and a guest is external") func anEmployeeIsNoGuest() {
        let account = EntraRecords.account(["id": "u1", "userPrincipalName": "ann@corp.example", "userType": "Member"])
        #expect(account?.kind == .user && account?.email == "ann@corp.example")
        let guest = EntraRecords.account(["id": "u1", "userPrincipalName": "ann@corp.example", "userType": "Guest"])
        #expect(guest?.kind == .external)
    }

    /// Guests register their factors in their own tenant, so having none here means nothing.
    @Test("A guest without a second factor in the tenant has an unknown state")
    func aGuestsFactorsAreNotTheTenants() throws {
        let provider = try FakeProvider { request in
            GraphTenant.answer(request) { path in
                guard path == "/users" else { return EntraTenant.answer(request, path, isEmpty: false) }
                let names = ["u0": Self.guestName, "u1": Self.guestName, "u2": "bo@corp.example"]
                return .json([
                    "value": .array(
                        names.map { ["id": .string($0.key), "userPrincipalName": .string($0.value)] })
                ])
            }
        }
        let connector = try ConnectorCase.entra.connect(provider)
        let accounts = try pull { connector }.accounts
        // The report says no for u0, and yes for u1 and u2.
        #expect(accounts["u0"]?.mfaEnabled == nil && accounts["u1"]?.mfaEnabled == true)
        #expect(accounts["u2"]?.mfaEnabled == true)
    }

    @Test("A generated guest name is not used as an e-mail address") func madeUpNamesAreNobodysAddress() throws {
        let signIn = EntraEvents.signIn([
            "id": "s1", "createdDateTime": "2026-04-02T10:00:00Z", "userPrincipalName": .string(Self.guestName),
            "status": ["errorCode": 0], "location": ["countryOrRegion": "us"],
        ])
        guard case .auditEvent(let event)? = signIn.record else {
            Issue.record("no event")
            return
        }
        #expect(event.actorEmail == nil && event.details == ["country": "US"])
        guard
            case .device(let device)? = Intune.device(["id": "d1", "userPrincipalName": .string(Self.guestName)])
        else {
            Issue.record("no device")
            return
        }
        #expect(device.ownerEmail == nil)
        let account = EntraRecords.account([
            "id": "u1", "userPrincipalName": "bo@corp.example",
            "manager": ["userPrincipalName": .string(Self.guestName)],
        ])
        #expect(account?.managerEmail == nil)
    }

    // MARK: Other platforms

    @Test("AWS's year 1970 means that the root user has never signed in")
    func aRootUserWhoNeverSignedInHasNeverSignedIn() {
        let report = """
            user,arn,user_creation_time,password_last_used,access_key_1_last_used_date
            <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,1970-01-01T00:00:00+00:00,N/A
            """
        let root = AWSRecords.root(inReport: report)
        #expect(root?.lastLoginAt == nil && root?.createdAt?.description == "2020-01-01T00:00:00Z")
    }

    @Test("All verified addresses of a GitHub member are linked") func allVerifiedAddressesOfAMemberJoin() {
        let member = GitHubRecords.member([
            "role": "MEMBER",
            "node": [
                "databaseId": 7, "login": "ann",
                "organizationVerifiedDomainEmails": ["Zoe@acme.example", "ann@acme.example", "ann@acme.test"],
            ],
        ])
        #expect(member?.email == "ann@acme.example")
        #expect(member?.linkedEmails == ["ann@acme.test", "zoe@acme.example"])
    }

    @Test("All aliases of a Google user are linked") func allAliasesOfAGoogleUserJoin() {
        let user = GoogleRecords.account([
            "id": "u1", "primaryEmail": "Ann@acme.example", "aliases": ["Ann.Lee@acme.example"],
            "nonEditableAliases": ["ann@acme.test"], "lastLoginTime": "1970-01-01T00:00:00.000Z",
        ])
        #expect(user?.linkedEmails == ["ann.lee@acme.example", "ann@acme.test"])
        #expect(user?.lastLoginAt == nil)
    }

    @Test(
        "Zoom's user states are mapped to three of our states",
        arguments: [
            ("active", AccountRecord.Status.active), ("pending", .staged), ("inactive", .suspended),
        ])
    func zoomsStatesAreThree(_ status: String, _ expected: AccountRecord.Status) {
        #expect(ZoomRecords.account(["id": "u1"], id: "u1", state: status).status == expected)
    }

    @Test(
        "GitLab's user states are mapped to three of our states",
        arguments: [
            ("active", AccountRecord.Status.active), ("blocked", .suspended), ("deactivated", .suspended),
            ("blocked_pending_approval", .staged),
        ])
    func gitLabsStatesAreThree(_ state: String, _ expected: AccountRecord.Status) {
        let user: JSON = ["id": 1, "username": "ann", "state": .string(state)]
        #expect(GitLabRecords.user(user)?.status == expected)
        #expect(GitLabRecords.member(user, nil)?.status == expected)
    }

    // MARK: Accounts of programs and devices

    @Test(
        "An account with licenses for shared devices alone belongs to a device",
        arguments: [
            ([], AccountRecord.Kind.user), (["295A8EB0-f78d-45c7-8b5b-1eed5ed02dff"], .serviceAccount),
            (["295a8eb0-f78d-45c7-8b5b-1eed5ed02dff", "05e9a617-0261-4cee-bb44-138d3ef5d965"], .user),
        ] as [([String], AccountRecord.Kind)])
    func licensesOfDevices(_ licenses: [String], _ kind: AccountRecord.Kind) {
        let user: JSON = [
            "id": "u1", "userPrincipalName": "lobby@tenant.example",
            "assignedLicenses": .array(licenses.map { ["skuId": .string($0)] }),
        ]
        #expect(EntraRecords.account(user)?.kind == kind)
    }

    @Test("A method without a password is a second factor too") func windowsHelloIsASecondFactor() {
        #expect(EntraRecords.hasSecondFactor(["isMfaRegistered": false, "isPasswordlessCapable": true]) == true)
        #expect(EntraRecords.hasSecondFactor(["isMfaRegistered": false, "isPasswordlessCapable": false]) == false)
        #expect(EntraRecords.hasSecondFactor(["isPasswordlessCapable": false]) == nil)
    }

    @Test(
        "GitHub knows no second factors of managed users, but that of the enterprise's setup user",
        arguments: [("ann_company", nil), ("company_admin", false), ("ann-company", false)] as [(String, Bool?)])
    func managedUsersOfGitHub(_ login: String, _ hasFactor: Bool?) {
        let member = GitHubRecords.member([
            "role": "MEMBER", "hasTwoFactorEnabled": false, "node": ["databaseId": 1, "login": .string(login)],
        ])
        #expect(member?.mfaEnabled == hasFactor)
    }

    @Test(
        "GitLab's names for bots and service accounts tell the kind",
        arguments: [
            ("project_12_bot_4ffca233d8298ea1", AccountRecord.Kind.serviceAccount),
            ("service_account_group_7_6018816a18e515214e0c34c2b33523fc", .serviceAccount),
            ("service_account_6018816a18e515214e0c34c2b33523fc", .serviceAccount),
            ("service_account_manager", .user), ("project_lead_bot", .user), ("service", .user),
        ])
    func serviceAccountsOfGitLab(_ name: String, _ kind: AccountRecord.Kind) {
        #expect(GitLabRecords.user(["id": 1, "username": .string(name)])?.kind == kind)
    }
}
