public import Base
import Connectors
import Foundation
import HTTP
import Integrations
import Store
import Synchronization

/// A fake Okta org whose active users can be suspended. It counts the requests to suspend each user.
public final class FakeOkta: Sendable {
    /// The org's API.
    public let provider: FakeProvider
    private let org = Org()

    /// Makes an org that waits `delay` microseconds before it suspends a user, and as long again before it answers.
    public init(delay: UInt32 = 0) throws {
        let org = org
        provider = try FakeProvider { request in
            guard request.headers["Authorization"] == "SSWS " + Self.token else { return nil }
            let parts = request.path.split(separator: "/").map(String.init)
            guard parts.count >= 4, parts[..<3] == ["api", "v1", "users"] else { return nil }
            switch (request.method, parts.dropFirst(4).joined(separator: "/")) {
            case ("GET", ""):
                return .json(["id": .string(parts[3]), "status": org.isSuspended(parts[3]) ? "SUSPENDED" : "ACTIVE"])
            case ("POST", "lifecycle/suspend"):
                return org.suspend(parts[3], delay: delay)
                    ? .json([:])
                    : .json(
                        ["errorCode": "E0000001", "errorSummary": "Cannot suspend a user that is not active"],
                        status: 400)
            default: return nil
            }
        }
    }

    /// The org's API token.
    public static let token = "00secretOktaToken"
    /// The value of CREDENTIALS_KEY, with which the tests' credentials are sealed.
    public static let credentialsKey = "k1:" + Base64.standard.encode(Array(0..<32))

    /// The variables that direct functions to this org.
    public var variables: [String: String] {
        ["ENVIRONMENT": "development", "UPSTREAM_OKTA": provider.url, "CREDENTIALS_KEY": Self.credentialsKey]
    }

    /// Returns the number of requests to suspend a user, whatever their outcome.
    public func suspensions(of user: String) -> Int { org.suspensions(of: user) }

    /// True if no request to suspend a user is being answered.
    public var isIdle: Bool { org.isIdle }

    private final class Org: Sendable {
        private let state = Mutex((asked: [String: Int](), suspended: Set<String>(), underWay: 0))

        func suspensions(of user: String) -> Int { state.withLock { $0.asked[user] ?? 0 } }
        func isSuspended(_ user: String) -> Bool { state.withLock { $0.suspended.contains(user) } }
        var isIdle: Bool { state.withLock { $0.underWay == 0 } }

        func suspend(_ user: String, delay: UInt32) -> Bool {
            state.withLock { state in
                state.underWay += 1
                state.asked[user, default: 0] += 1
            }
            usleep(delay)
            let isFirst = state.withLock { $0.suspended.insert(user).inserted }
            usleep(delay)
            state.withLock { $0.underWay -= 1 }
            return isFirst
        }
    }
}

extension TestWorkspace {
    /// Adds an integration of Okta with the token of `FakeOkta`; returns its id.
    public func connectOkta() throws -> Identifier {
        let okta = try addIntegration("okta", category: "idp", idpRole: "primary_idp")
        let seal = try CredentialSeal(Environment(["CREDENTIALS_KEY": FakeOkta.credentialsKey]))
        guard let connector = Connectors.of("okta") else { throw StoreError.failed("there is no connector of Okta") }
        let sealed = try seal.seal(
            Credentials(["domain": "example.okta.com", "api_token": .string(FakeOkta.token)], connector.fields),
            for: IntegrationKey(workspaceID: id, integrationID: okta, platform: .okta))
        try database.execute("UPDATE integrations SET credentials = $2 WHERE id = $1", okta, sealed)
        return okta
    }

    /// Adds an identity with an account that a platform knows by `externalID`; returns the identity's id.
    @discardableResult
    public func addPerson(_ externalID: String, on integration: Identifier) throws -> Identifier {
        let identity = try addIdentity("\(externalID)@example.com")
        let account = try addAccount(of: identity, on: integration)
        try database.execute("UPDATE accounts SET external_id = $2 WHERE id = $1", account, externalID)
        return identity
    }
}
