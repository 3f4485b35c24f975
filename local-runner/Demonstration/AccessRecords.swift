import Base

/// A person's role in an application.
final class Entitlement {
    let id: Identifier
    let account: Account
    let application: Application
    let role: String
    let isAdmin: Bool
    var isLicense: Bool
    var grantedAt: Timestamp
    var lastUsed: Timestamp?

    init(
        id: Identifier, account: Account, application: Application, role: String, isAdmin: Bool, isLicense: Bool,
        grantedAt: Timestamp, lastUsed: Timestamp?
    ) {
        self.id = id
        self.account = account
        self.application = application
        self.role = role
        self.isAdmin = isAdmin
        self.isLicense = isLicense
        self.grantedAt = grantedAt
        self.lastUsed = lastUsed
    }
}

/// The access to a person's Google account that the person has granted an application.
struct Grant {
    enum Access: String { case basic, read, write, full }

    let id: Identifier
    let account: Account
    let application: Application
    let access: Access
    let readsMailOrFiles: Bool
    let grantedAt: Timestamp
    let lastUsed: Timestamp

    /// The OAuth scopes for `access` and `readsMailOrFiles`.
    var scopes: [JSON] {
        let base = "https://www.googleapis.com/auth/"
        var scopes: [JSON] = ["openid", .string(base + "userinfo.email")]
        switch access {
        case .basic: break
        case .read: scopes.append(.string(base + "calendar.readonly"))
        case .write: scopes.append(.string(base + "calendar.events"))
        case .full: scopes += [.string(base + "calendar"), .string(base + "contacts")]
        }
        if readsMailOrFiles {
            scopes += [.string(base + "gmail.readonly"), .string(base + "drive.readonly")]
        }
        return scopes
    }
}

/// An AWS access key, a GitHub token or a deploy key.
struct AccessKey {
    enum Kind: String { case accessKey = "access_key", accessToken = "access_token", deployKey = "deploy_key" }

    let id: Identifier
    let kind: Kind
    let platform: Platform
    /// The account that the key belongs to; nil for a key that no account owns.
    let account: Account?
    let externalID: String
    let name: String?
    let canWrite: Bool
    let createdAt: Timestamp
    let lastUsed: Timestamp
    let expiresAt: Timestamp?
}

/// A line of a platform's own log.
struct Event {
    let id: Identifier
    let platform: Platform
    let person: Person?
    let type: String
    let succeeded: Bool
    let actor: String
    let target: String?
    let address: String
    let details: [String: JSON]
    let time: Timestamp
}
