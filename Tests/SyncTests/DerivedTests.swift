import Base
import Connectors
import Integrations
import Testing

@testable import Sync

/// Facts that the product derives from synced records: AI tools, access levels of scopes, supported systems.
struct DerivedTests {
    @Test(
        "AI tools are recognised by their name and publisher",
        arguments: [
            ("ChatGPT", nil, true), ("Claude", "Anthropic, PBC", true), ("Notewise AI", nil, true),
            ("otter.ai", nil, true),
            ("GitHub Copilot", "Microsoft", true), ("Cursor", nil, true), ("Grammarly for Chrome", nil, true),
            ("Something", "OpenAI, Inc.", true), ("Air Table", nil, false), ("Precursor", nil, false),
            ("Raspberry Pi Imager", nil, false), ("Gamma Analytics", nil, false), ("Figma", "Figma, Inc.", false),
            ("Email", nil, false), ("Main App", nil, false), ("Claude AI", nil, true), ("Otter AI Notes", nil, true),
            ("Claude Aid", nil, false), ("Gemini Air Freight", nil, false),
        ] as [(String, String?, Bool)])
    func aiToolsAreKnown(_ name: String, _ publisher: String?, _ expected: Bool) {
        var application = ApplicationRecord(externalID: "a", name: name, isManaged: false)
        application.publisher = publisher
        #expect(AITools.include(application) == expected)
    }

    @Test(
        "OAuth scopes are translated to an access level and to access to mail or files",
        arguments: [
            (["openid", "https://www.googleapis.com/auth/userinfo.email"], Platform.googleWorkspace, "basic", false),
            (["https://www.googleapis.com/auth/calendar.readonly"], .googleWorkspace, "read", false),
            (["https://www.googleapis.com/auth/calendar.events"], .googleWorkspace, "write", false),
            (["https://www.googleapis.com/auth/calendar"], .googleWorkspace, "full", false),
            (["https://www.googleapis.com/auth/drive.readonly"], .googleWorkspace, "read", true),
            (["https://www.googleapis.com/auth/drive"], .googleWorkspace, "full", true),
            (["https://www.googleapis.com/auth/drive.file"], .googleWorkspace, "write", false),
            (["https://www.googleapis.com/auth/gmail.modify"], .googleWorkspace, "full", true),
            (["https://www.googleapis.com/auth/gmail.send"], .googleWorkspace, "write", false),
            (["https://mail.google.com/"], .googleWorkspace, "full", true),
            (["User.Read", "offline_access"], .microsoftEntra, "basic", false),
            (["User.Read Mail.Read"], .microsoftEntra, "read", true),
            (["Calendars.ReadWrite"], .microsoftEntra, "write", false),
            (["Files.ReadWrite.All"], .microsoftEntra, "full", true),
            (["https://graph.microsoft.com/Mail.Send"], .microsoftEntra, "write", false),
            (["read:org", "user:email"], .github, "read", false), (["repo"], .github, "full", true),
            (["workflow"], .github, "write", false), (["admin:org"], .github, "full", false),
            (["users:read", "identity.basic"], .slack, "basic", false), (["channels:history"], .slack, "read", true),
            (["chat:write,files:read"], .slack, "write", true), (["admin.users:write"], .slack, "full", false),
            (["okta.users.read"], .okta, "read", false), (["okta.apps.manage"], .okta, "write", false),
            ([], .okta, "basic", false),
        ] as [([String], Platform, String, Bool)])
    func scopesComeToAnAccess(_ scopes: [String], _ platform: Platform, _ level: String, _ content: Bool) {
        let access = OAuthScopes.access(of: scopes, on: platform)
        #expect(access.level.rawValue == level && access.readsMailOrFiles == content)
    }

    @Test(
        "An operating system's version tells if it still gets security updates, or is unknown",
        arguments: [
            ("macOS", "12.7.4", false), ("macOS", "14.6.1 (23G93)", true), ("macOS", "26.0", true),
            ("Mac OS X", "10.15", false),
            ("Windows", "10.0.19045", false), ("Windows", "10.0.26100.3476", true), ("Windows", "11 24H2", true),
            ("Windows", "10 22H2", false), ("Windows", "Windows 7", false), ("Windows", "10.0.30000", true),
            ("iOS", "16.7", false), ("iPadOS", "18.1", true), ("Android", "12", false), ("Android", "14", true),
            ("Ubuntu", "20.04.6 LTS", false), ("Ubuntu", "24.04", true), ("Linux", "Ubuntu 22.04", true),
            ("Linux", "Debian 12", nil), ("ChromeOS", "90.0.4430", false), ("ChromeOS", "150.0.1", true),
            ("macOS", "", nil),
            ("Plan 9", "4", nil), ("Ubuntu", "23.99", nil), ("Windows", "Server 2019", nil),
        ] as [(String, String, Bool?)])
    func systemsComeToAnEnd(_ system: String, _ version: String, _ expected: Bool?) {
        let now = Timestamp(seconds: 1_776_256_200)  // 2026-04-15
        #expect(OperatingSystems.isSupported(system, version, at: now) == expected, "\(system) \(version)")
    }
}
