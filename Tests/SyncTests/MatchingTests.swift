import Auth
import Base
import Connectors
import Store
import TestSupport
import Testing

/// Accounts of several platforms are matched to the people who own them.
@Suite(.usesStore, .appliedBothWays) struct MatchingTests {
    private let company: SyncCase
    private let okta: TestProvider
    private let github: TestProvider

    init() throws {
        company = try SyncCase()
        okta = try company.connect("okta")
        github = try company.connect("github")
    }

    private var owners: [String] {
        get throws {
            try company.list(
                """
                SELECT integrations.platform || ' ' || accounts.external_id || ' ' || COALESCE(identities.email, '-')
                FROM accounts JOIN integrations ON integrations.id = accounts.integration_id
                    LEFT JOIN identities ON identities.id = accounts.identity_id
                WHERE accounts.workspace_id = $1 ORDER BY 1
                """)
        }
    }

    private func people() throws -> Int {
        try company.count("SELECT count(*) FROM identities WHERE workspace_id = $1")
    }

    @Test("Accounts with the same verified address belong to the same person")
    func theSameVerifiedAddressIsTheSamePerson() throws {
        okta["users"] = [account("o1", "ann@example.com")]
        github["members"] = [account("g1", "Ann@Example.com")]
        try company.sync("okta")
        try company.sync("github")
        #expect(try owners == ["github g1 ann@example.com", "okta o1 ann@example.com"])
        #expect(try people() == 1)
    }

    /// Surrounding white space is not part of an address; a letter that only looks like another one is a different
    /// letter.
    @Test("Addresses are compared in their canonical form") func addressesAreComparedInTheirCanonicalForm() throws {
        okta["users"] = [account("o1", "mark@example.com")]
        github["members"] = [account("g1", "\u{A0}Mark@Example.com "), account("g2", "mar\u{212A}@example.com")]
        try company.sync("okta")
        try company.sync("github")
        #expect(
            try owners == [
                "github g1 mark@example.com", "github g2 mar\u{212A}@example.com", "okta o1 mark@example.com",
            ])
        #expect(try people() == 2)
    }

    /// Okta lists a person under a private address, and the person signs in with the company's address.
    @Test(
        "A sign-in name links a person's accounts in two directories",
        arguments: [["okta", "google_workspace"], ["google_workspace", "okta"]])
    func aNameToSignInWithLinksTwoDirectories(_ order: [String]) throws {
        let google = try company.connect("google_workspace")
        okta["users"] = [
            account("o1", "ann@private.example") { $0.linkedEmails = ["ann@example.com"] },
            // An address that two people are linked to identifies neither.
            account("o2", "bo@private.example") { $0.linkedEmails = ["team@example.com"] },
            account("o3", "cy@private.example") { $0.linkedEmails = ["team@example.com"] },
        ]
        google["users"] =
            [account("w1", "ann@example.com")] + (order[0] == "okta" ? [account("w2", "team@example.com")] : [])
        for platform in order { try company.sync(platform) }
        let identities = try company.list(
            """
            SELECT count(DISTINCT accounts.identity_id) FROM accounts
            WHERE accounts.workspace_id = $1 AND accounts.external_id IN ('o1', 'w1')
            """)
        #expect(identities == ["1"])
        #expect(try people() == (order[0] == "okta" ? 4 : 3))
    }

    @Test("Two accounts with the same name but no shared verified address are two people")
    func theSameNameIsNotTheSamePerson() throws {
        okta["users"] = [account("o1", "ann@example.com", name: "Ann Lee")]
        github["members"] = [
            account("g1", name: "Ann Lee"), account("g2", "ann@private.example", name: "Ann Lee"),
            account("g3", name: "Ann Lee") { $0.unverifiedEmail = "ann@example.com" },
        ]
        try company.sync("okta")
        try company.sync("github")
        #expect(
            try owners == [
                "github g1 -", "github g2 ann@private.example", "github g3 -", "okta o1 ann@example.com",
            ])
    }

    @Test("A link from the provider joins accounts where the account has no address")
    func theProvidersOwnLinkJoinsWhereThereIsNoAddress() throws {
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        github["members"] = [
            account("g1") { $0.linkedEmails = ["Ann@example.com", "nobody@example.com"] },
            // The account is linked to two people, so it belongs to no identity.
            account("g2") { $0.linkedEmails = ["ann@example.com", "bo@example.com"] },
        ]
        try company.sync("okta")
        try company.sync("github")
        #expect(
            try owners == [
                "github g1 ann@example.com", "github g2 -", "okta o1 ann@example.com", "okta o2 bo@example.com",
            ])
    }

    @Test(
        "The order in which platforms are synced does not matter",
        arguments: [["okta", "github"], ["github", "okta"]])
    func theOrderOfSyncsDoesNotMatter(_ order: [String]) throws {
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        github["members"] = [
            account("g1", "ann@example.com"), account("g2") { $0.linkedEmails = ["bo@example.com"] },
            // The account has a private address, and a link to the directory's address.
            account("g3", "bo@private.example") { $0.linkedEmails = ["bo@example.com"] },
        ]
        for platform in order { try company.sync(platform) }
        try company.sync(order[0])
        let expected = [
            "github g1 ann@example.com", "github g2 bo@example.com",
            order[0] == "okta" ? "github g3 bo@private.example" : "github g3 bo@example.com", "okta o1 ann@example.com",
            "okta o2 bo@example.com",
        ]
        // The link counts because no identity provider has the account's own address.
        #expect(try owners == expected.map { $0.replacing("bo@private.example", with: "bo@example.com") })
    }

    @Test("A person whose address changes stays the same person") func anAddressThatChangesKeepsItsPerson() throws {
        okta["users"] = [account("o1", "ann@example.com")]
        github["members"] = [account("g1", "ann@example.com")]
        try company.sync("okta")
        try company.sync("github")
        let before = try company.list("SELECT id FROM identities WHERE workspace_id = $1")
        okta["users"] = [account("o1", "ann.lee@example.com")]
        try company.sync("okta")
        #expect(try company.list("SELECT id FROM identities WHERE workspace_id = $1") == before)
        #expect(try owners == ["github g1 ann.lee@example.com", "okta o1 ann.lee@example.com"])
    }

    @Test("People may swap addresses, or pass an address on, in one sync")
    func peopleMaySwapTheirAddressesAndPassThemOn() throws {
        okta["users"] = (0..<5).map { account("o\($0)", "a\($0)@example.com", name: "Person \($0)") }
        try company.sync("okta")
        // Two people swap addresses. In a chain, Person 2 gets the address of Person 3, who gets a new one.
        let wanted = [1, 0, 3, 9, 4]
        okta["users"] = wanted.enumerated().map { account("o\($0)", "a\($1)@example.com", name: "Person \($0)") }
        try company.sync("okta")
        let people: SQL = """
            SELECT display_name || ' ' || email FROM identities WHERE workspace_id = $1 ORDER BY display_name
            """
        #expect(
            try company.list(people) == wanted.enumerated().map { "Person \($0) a\($1)@example.com" })
        // Person 0 gets an address that another person keeps, so the identity's address stays as it was.
        okta["users"] =
            [account("o0", "a4@example.com", name: "Person 0")]
            + (1..<5).map { account("o\($0)", "a\(wanted[$0])@example.com", name: "Person \($0)") }
        try company.sync("okta")
        #expect(
            try company.list(people) == wanted.enumerated().map { "Person \($0) a\($1)@example.com" })
    }

    @Test("A separate identity merges into a person who is renamed to the same address")
    func aStrangerGivesWayToWhomTheDirectoryComesToNameSo() throws {
        okta["users"] = [account("o1", "ann@example.com")]
        github["members"] = [account("g1", "ann@married.example")]
        try company.sync("okta")
        try company.sync("github")
        #expect(try people() == 2)
        okta["users"] = [account("o1", "ann@married.example")]
        try company.sync("okta")
        #expect(try owners == ["github g1 ann@married.example", "okta o1 ann@married.example"])
    }

    @Test("Two accounts that change to the same address don't stop a sync")
    func twoAccountsThatComeToTheSameAddressDoNotStopASync() throws {
        okta["users"] = [account("o1", "ann@example.com"), account("o2", "bo@example.com")]
        try company.sync("okta")
        okta["users"] = [account("o1", "team@example.com"), account("o2", "team@example.com")]
        try company.sync("okta")
        #expect(
            try company.list("SELECT email FROM identities WHERE workspace_id = $1 ORDER BY email").count == 2)
        #expect(
            try company.list("SELECT email FROM identities WHERE workspace_id = $1 AND email = 'team@example.com'")
                .count == 1)
    }

    @Test("An account without address or link has no owner, unless it is a person's in a directory")
    func whoHasNeitherAddressNorLinkIsNobodyUnlessADirectoryHasThem() throws {
        okta["users"] = [account("o1"), account("o2") { $0.kind = .shared }]
        github["members"] = [account("g1"), account("g2", "bot@example.com") { $0.kind = .serviceAccount }]
        try company.sync("okta")
        try company.sync("github")
        #expect(
            try company.list(
                "SELECT external_id FROM accounts WHERE workspace_id = $1 AND identity_id IS NOT NULL")
                == ["o1"])
    }

    @Test("A shared account has no owner, whichever address or link leads to a person")
    func aSharedAccountIsNobodys() throws {
        let google = try company.connect("google_workspace")
        okta["users"] = [
            account("o1", "ann@example.com"),
            account("o2", "bo@example.com") { $0.linkedEmails = ["help@example.com"] },
        ]
        try company.sync("okta")
        github["members"] = [
            account("g1", "ann@example.com") { $0.kind = .shared },
            account("g2") {
                $0.kind = .shared
                $0.linkedEmails = ["ann@example.com"]
            },
            account("g3", "help@example.com") { $0.kind = .shared },
        ]
        google["users"] = [account("w1", "ann@example.com") { $0.kind = .shared }]
        for platform in ["github", "google_workspace", "okta", "github"] { try company.sync(platform) }
        #expect(
            try owners == [
                "github g1 -", "github g2 -", "github g3 -", "google_workspace w1 -", "okta o1 ann@example.com",
                "okta o2 bo@example.com",
            ])
    }

    @Test("A person's fields come from the first account with a value, the last sign-in from directories")
    func fieldsComeFromTheFirstAccountThatTellsThem() throws {
        let google = try company.connect("google_workspace")
        okta["users"] = [
            account("o1", "ann@example.com", name: "Ann Lee") {
                $0.mfaEnabled = true
                $0.isAdmin = true
                $0.managerExternalID = "o2"
                $0.lastLoginAt = TestStore.now - 100
            },
            account("o2", "boss@example.com"),
        ]
        google["users"] = [
            account("w1", "ann@example.com", name: "Ann at Google") {
                $0.mfaEnabled = false
                $0.department = "Sales"
                $0.lastLoginAt = TestStore.now - 50
            }
        ]
        github["members"] = [
            account("g1", "ann@example.com", name: "annie") {
                $0.department = "Elsewhere"
                $0.title = "Engineer"
                $0.lastLoginAt = TestStore.now
            }
        ]
        for platform in ["github", "google_workspace", "okta"] { try company.sync(platform) }
        let person = try company.workspace.first(
            """
            SELECT display_name, identity_type, mfa_enabled, department, title, manager_email, last_login_at, status
            FROM identities WHERE workspace_id = $1 AND email = 'ann@example.com'
            """
        ) { row in (0..<8).map { row.text($0) } }
        #expect(
            person == [
                "Ann Lee", "admin", "1", "Sales", "Engineer", "boss@example.com", "\(TestStore.now - 50)", "active",
            ])
    }

    @Test("The first directory that is connected becomes the primary identity provider")
    func theFirstDirectoryIsThePrimaryOne() throws {
        try company.connect("google_workspace")
        #expect(
            try company.list(
                "SELECT platform || ' ' || COALESCE(idp_role, '-') FROM integrations WHERE workspace_id = $1 ORDER BY 1"
            )
                == ["github -", "google_workspace directory", "okta primary_idp"])
    }

    @Test("A disconnected directory makes no person an administrator")
    func nobodyIsAdminByADirectoryThatIsDisconnected() throws {
        let google = try company.connect("google_workspace")
        google["users"] = [account("g1", "ann@example.com") { $0.isAdmin = true }]
        okta["users"] = [account("o1", "ann@example.com")]
        try company.sync("okta")
        try company.sync("google_workspace")
        func types() throws -> [String] {
            try company.list("SELECT identity_type FROM identities WHERE workspace_id = $1")
        }
        #expect(try types() == ["admin"])
        try company.store.database.execute(
            "UPDATE integrations SET status = 'disconnected' WHERE id = $1", company.id("google_workspace"))
        okta["users"] = [account("o1", "ann@example.com") { $0.department = "Sales" }]
        try company.sync("okta")
        #expect(try types() == ["user"])
    }

    @Test("Another workspace's person with the same address stays separate")
    func whatAnotherWorkspaceHasStaysApart() throws {
        let stranger = try company.store.other.addIdentity("ann@example.com")
        okta["users"] = [account("o1", "ann@example.com")]
        try company.sync("okta")
        #expect(
            try company.store.database.first(
                "SELECT count(*) FROM accounts WHERE identity_id = $1", stranger
            ) { try $0[0] as Int } == 0)
        #expect(try people() == 1)
    }
}
