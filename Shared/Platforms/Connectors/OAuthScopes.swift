public import Integrations

/// The access that OAuth scopes give, by each provider's scope names.
public enum OAuthScopes {
    /// The levels of access, in ascending order.
    public enum Level: String, Comparable, Sendable {
        /// The account's identity, and people's profiles.
        case basic
        case read
        case write
        /// All data of some kind: all mail, all files, the directory.
        case full

        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
        private var rank: Int {
            switch self {
            case .basic: 0
            case .read: 1
            case .write: 2
            case .full: 3
            }
        }
    }

    /// The access that a grant gives.
    public struct Access: Equatable, Sendable {
        public var level = Level.basic
        public var readsMailOrFiles = false
    }

    /// Returns the access that scopes give together. One text may contain several scopes, separated by spaces or
    /// commas.
    public static func access(of scopes: [String], on platform: Platform) -> Access {
        var access = Access()
        for scope in scopes.flatMap({ $0.split(whereSeparator: { $0 == " " || $0 == "," }) }) {
            let one = self.access(of: scope.lowercased(), on: platform)
            access.level = max(access.level, one.level)
            access.readsMailOrFiles = access.readsMailOrFiles || one.readsMailOrFiles
        }
        return access
    }

    static let identityScopes: Set = [
        "openid", "email", "profile", "offline_access", "user.read", "user.readbasic.all", "read:user", "user:email",
        "identify", "identity.basic", "identity.email", "identity.avatar", "identity.team", "users:read",
        "users:read.email", "userinfo.email", "userinfo.profile", "userinfo.openid", "device_sso", "address", "phone",
    ]

    private static func access(of scope: String, on platform: Platform) -> Access {
        let google = "https://www.googleapis.com/auth/"
        if scope.hasPrefix(google) { return ofGoogle(String(scope.dropFirst(google.count))) }
        if scope == "https://mail.google.com/" { return Access(level: .full, readsMailOrFiles: true) }
        // Microsoft may write the resource's URL in front.
        let name = scope.hasPrefix("https://") ? String(scope.split(separator: "/").last ?? "") : scope
        if identityScopes.contains(name) { return Access() }
        return switch platform {
        case .googleWorkspace: ofGoogle(name)
        case .microsoftEntra, .microsoftIntune: ofMicrosoft(name)
        case .github: ofGitHub(name)
        case .slack: ofSlack(name)
        default: ofOthers(name)
        }
    }

    /// Returns the access that a scope of a provider without a reader of its own gives, such as Okta's
    /// `okta.users.manage`, GitLab's `api` or Zoom's `recording:read:admin`.
    private static func ofOthers(_ name: String) -> Access {
        let words = name.split { $0 == "." || $0 == ":" || $0 == "_" || $0 == "-" }
        let content: Set<Substring> = ["mail", "files", "file", "drive", "repository", "recording", "documents"]
        var access = Access(readsMailOrFiles: words.contains { content.contains($0) } || name == "api")
        if name == "api" || words.contains("admin") && !words.contains("read") || name == "sudo" {
            access.level = .full
        } else if words.contains(where: { ["manage", "write", "create", "update", "delete", "edit"].contains($0) }) {
            access.level = .write
        } else {
            access.level = .read
        }
        return access
    }
}
