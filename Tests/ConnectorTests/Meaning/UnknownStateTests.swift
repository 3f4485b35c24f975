import Base
import Integrations
import TestSupport
import Testing

@testable import Connectors

/// Accounts whose state or kind the provider does not tell keep the stored one.
@Suite struct UnknownStateTests {
    /// Returns the members that tell a platform's account state; nil if no member of an account tells it.
    private static func members(_ platform: Platform) -> [String]? {
        switch platform {
        case .okta, .crowdStrike, .zoom, .bambooHR: ["status"]
        case .googleWorkspace: ["suspended", "archived"]
        case .microsoftEntra: ["accountEnabled"]
        case .jira: ["active"]
        case .slack: ["deleted"]
        case .jumpCloud: ["state", "suspended"]
        case .gitlab: ["state"]
        case .oneLogin: ["state", "status"]
        case .github, .aws, .microsoftIntune, .jamfPro, .outbound: nil
        }
    }

    @Test(
        "An unknown account state is reported as unread, not as another state",
        arguments: ConnectorCase.all, [nil, .null, .number(7.5), "SURPRISE", ["active"]] as [JSON?])
    func isNoState(_ example: ConnectorCase, _ value: JSON?) throws {
        guard let members = Self.members(example.connector.platform) else { return }
        let before = try Absence.records(of: example)
        let absence = try Absence(example, after: before) { _, reply in
            guard let body = try? JSON(parsing: reply.body) else { return nil }
            var reply = reply
            reply.body = JSONWriter.bytes(body.replacing(members, by: value))
            return reply
        }
        #expect(!absence.gone.contains { $0.hasPrefix("account/") })
        for account in absence.accounts.values {
            // Zoom has one list for each state of users; other providers list deleted users separately.
            let isTold = account.status == before.accounts[account.externalID]?.status
            #expect(account.unread.contains(.status) || isTold, "\(account.externalID): \(account.status)")
            let isOfList = example.connector.platform == .zoom || account.status == .deprovisioned
            #expect(account.unread.contains(.status) || isOfList, "\(account.externalID)")
        }
    }

    @Test(
        "An unknown kind of account is reported as unread, not as a person",
        arguments: ConnectorCase.all, [nil, .null, .number(7.5), "SURPRISE", ["app"]] as [JSON?])
    func isNoKind(_ example: ConnectorCase, _ value: JSON?) throws {
        let members: [Platform: String] = [.slack: "is_bot", .jira: "accountType"]
        guard let member = members[example.connector.platform] else { return }
        let before = try Absence.records(of: example)
        #expect(before.accounts.values.contains { $0.kind == .serviceAccount })
        let absence = try Absence(example, after: before) { _, reply in
            guard let body = try? JSON(parsing: reply.body) else { return nil }
            var reply = reply
            reply.body = JSONWriter.bytes(body.replacing([member], by: value))
            return reply
        }
        for account in absence.accounts.values { #expect(account.unread.contains(.kind), "\(account.externalID)") }
    }
}

extension JSON {
    /// Returns the value with all members of certain names replaced; nil removes them.
    fileprivate func replacing(_ names: [String], by value: JSON?) -> JSON {
        switch self {
        case .object(let members):
            .object(
                members.reduce(into: [:]) { changed, member in
                    changed[member.key] = names.contains(member.key) ? value : member.value.replacing(names, by: value)
                })
        case .array(let elements): .array(elements.map { $0.replacing(names, by: value) })
        default: self
        }
    }
}
