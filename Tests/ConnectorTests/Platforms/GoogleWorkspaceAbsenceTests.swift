import Base
import TestSupport
import Testing

@testable import Connectors

@Suite struct GoogleWorkspaceAbsenceTests {
    private func sync(_ answer: @escaping Absence.Answer) throws -> Absence {
        try Absence(.googleWorkspace, answer)
    }

    /// A list. In a test, an unreadable entry takes the place of the two entries on its first page; `gone` has the
    /// records that are gone if the unreadable entry has the id of the first one.
    struct List: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let member: String
        let id: String
        let gone: Set<String>
        let isFirstPage: @Sendable (FakeProvider.Request) -> Bool
    }

    private static let lists = [
        List(testDescription: "users", member: "users", id: "id", gone: ["account/u1"]) {
            $0.parameter("projection") == "full" && $0.path.hasSuffix("/users") && $0.parameter("pageToken") == nil
        },
        List(testDescription: "deleted users", member: "users", id: "id", gone: ["account/gone1"]) {
            $0.parameter("showDeleted") == "true" && $0.parameter("pageToken") == nil
        },
        List(testDescription: "mobile", member: "mobiledevices", id: "resourceId", gone: ["device/mobile/m1"]) {
            $0.path.hasSuffix("/mobile") && $0.parameter("pageToken") == nil
        },
        List(testDescription: "chromeos", member: "chromeosdevices", id: "deviceId", gone: ["device/chromeos/c1"]) {
            $0.path.hasSuffix("/chromeos") && $0.parameter("pageToken") == nil
        },
        // The second entry of the page is a phone, which belongs to another list.
        List(testDescription: "computers", member: "devices", id: "name", gone: []) {
            $0.path == "/v1/devices" && $0.parameter("pageToken") == nil
        },
    ]

    @Test(
        "An unreadable entry protects its own record, or all records if it has no id",
        arguments: lists, [true, false])
    func unreadable(_ list: List, _ hasID: Bool) throws {
        for other in [.null, "text", [:]] as [JSON] {
            let absence = try sync { request, reply in
                guard list.isFirstPage(request) else { return nil }
                return reply.entries(list.member) { entries in
                    [hasID ? [list.id: entries.first?[list.id] ?? .null] : other]
                }
            }
            #expect(absence.gone == (hasID ? list.gone : []))
        }
    }

    @Test("A user without an id protects the grants of all users") func unreadableHolder() throws {
        let absence = try sync { request, reply in
            request.parameter("fields") != nil && request.parameter("pageToken") == nil
                ? reply.entries("users") { _ in [.null] } : nil
        }
        #expect(absence.gone == [])
    }

    @Test(
        "If one user's part can't be read, it stays, and the report names it",
        arguments: ["tokens", "asps"], [401, 403, 412, 500])
    func onePerson(_ list: String, _ status: Int) throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix("/users/u1/" + list) ? GoogleCustomer.error(status, reason: "authError") : nil
        }
        #expect(absence.gone == [])
        #expect(absence.leftOut == [list == "tokens" ? "tokens" : "application passwords"])
        let key = list == "tokens" ? "oauthGrant/u2/client-u2" : "accessKey/u2/7"
        #expect(absence.records.byKey[key] != nil)
    }

    @Test("A user whose tokens are not found may be hidden, so the grants stay") func gonePerson() throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix("/users/u1/tokens") ? GoogleCustomer.error(404, reason: "notFound") : nil
        }
        #expect(absence.gone == [] && absence.leftOut == [])
    }

    @Test(
        "An unreadable token or password protects those of its user",
        arguments: [
            ("tokens", .null), ("tokens", ["clientId": "client-u1"]),
            ("tokens", ["clientId": "client-u1", "scopes": ["openid", nil]]), ("asps", ["name": "Mail"]),
        ] as [(String, JSON)])
    func unreadableAccess(_ list: String, _ entry: JSON) throws {
        let absence = try sync { request, reply in
            request.path.hasSuffix("/users/u1/" + list) ? reply.entries("items") { _ in [entry] } : nil
        }
        #expect(absence.gone == [])
        #expect(absence.records.byKey["oauthGrant/u2/client-u2"] != nil)
    }

    @Test(
        "A list that could not be read takes no administrator role away",
        arguments: ["/roles", "/roleassignments", "/members"], [401, 403, 500, nil] as [Int?])
    func administrators(_ path: String, _ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.path.hasSuffix(path) else { return nil }
            return status.map { GoogleCustomer.error($0, reason: "forbidden") }
                ?? reply.entries(path == "/members" ? "members" : "items") { [.null] + $0.dropFirst(2) }
        }
        #expect(absence.accounts["u0"]?.isAdmin == nil)
        // The entry of the user u5 says that the user is an administrator.
        #expect(absence.accounts["u5"]?.isAdmin == true)
        #expect(absence.accounts["u5"]?.unread.contains(.adminRoles) == true)
        #expect(absence.leftOut == ["administrator roles"])
        #expect(absence.gone == [])
    }

    @Test(
        "A refused list is left out, and the others are read",
        arguments: [
            ("/mobile", "mobile devices"), ("/chromeos", "ChromeOS devices"), ("/v1/devices", "computers"),
            ("/applications/login", "sign-ins"), ("/applications/token", "grants given"),
        ], [400, 403, 404, 500])
    func refusedLists(_ list: (path: String, name: String), _ status: Int) throws {
        let absence = try sync { request, _ in
            request.path.hasSuffix(list.path) ? GoogleCustomer.error(status, reason: "forbidden") : nil
        }
        #expect(absence.leftOut == [list.name])
        #expect(absence.gone == [] && absence.accounts.count == 11)
    }

    @Test("A computer whose users can't be read keeps its owner and its state", arguments: [403, nil])
    func deviceUsers(_ status: Int?) throws {
        let absence = try sync { request, reply in
            guard request.path == "/v1/devices/d0/deviceUsers" else { return nil }
            return status.map { GoogleCustomer.error($0, reason: "forbidden") }
                ?? reply.entries("deviceUsers") { $0 + [.null] }
        }
        guard case .device(let read) = absence.records.byKey["device/devices/d2"],
            case .device(let device) = absence.records.byKey["device/devices/d0"]
        else {
            Issue.record("a computer is missing")
            return
        }
        #expect(device.unread == [.ownerEmail, .isContained] && read.unread == [])
        #expect(absence.leftOut == (status == nil ? [] : ["device users"]))
    }

    @Test("One unreadable address protects all linked addresses of its user") func aliases() throws {
        let absence = try sync { request, reply in
            request.parameter("projection") == "full"
                ? reply.entries("users") { $0.map { $0.with(["aliases": [7]]) } } : nil
        }
        #expect(absence.accounts["u0"]?.unread == [.email])
    }

    @Test(
        "An answer without a list of users is an error, not an empty list",
        arguments: [[:], ["users": nil], ["kind": "admin#directory#users", "users": [], "nextPageToken": 7]] as [JSON])
    func noEmptyList(_ answer: JSON) throws {
        let error = #expect(throws: ConnectorError.self) {
            try sync { request, _ in request.parameter("projection") == "full" ? .json(answer) : nil }
        }
        #expect(error?.kind == "provider_error")
    }

    @Test(
        "Only a key that Google refuses is reported as expired",
        arguments: [
            (400, "invalid_grant", "authentication_expired"), (401, "invalid_client", "authentication_expired"),
            (400, "invalid_request", "provider_error"), (404, "", "provider_error"), (503, "", "provider_error"),
            (403, "access_denied", "configuration_invalid"),
        ])
    func tokenErrors(_ status: Int, _ name: String, _ kind: String) throws {
        let provider = try FakeProvider { _ in .json(["error": .string(name)], status: status) }
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        let error = #expect(throws: ConnectorError.self) { try connector.check() }
        #expect(error?.kind == kind)
    }

    @Test("A token that can't be read is not reported as revoked") func unreadableRevocation() throws {
        let provider = try FakeProvider { request in
            request.path.hasSuffix("/tokens") && request.method == "GET"
                ? .json(["kind": "admin#directory#tokenList", "items": [["clientId": "a"], nil]])
                : GoogleCustomer.answer(request, isEmpty: false)
        }
        let connector = try ConnectorCase.googleWorkspace.connect(provider)
        #expect(throws: ConnectorError.self) {
            try connector.perform(.revokeAllTokens, on: ActionTarget(actionID: .random(), externalID: "u1"))
        }
    }
}
