import Connectors

/// The access that OAuth scopes give, by each provider's scope names.
enum OAuthScopes {
    /// The levels of access, in ascending order.
    enum Level: String, Comparable {
        /// The account's identity and nothing more.
        case basic
        case read
        case write
        /// All data of some kind: all mail, all files, the directory.
        case full

        static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
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
    struct Access: Equatable {
        var level = Level.basic
        var readsMailOrFiles = false
    }

    /// Returns the access that scopes give together. Some providers write several scopes in one text.
    static func access(of scopes: [String], on platform: Platform) -> Access {
        var access = Access()
        for scope in scopes.flatMap({ $0.split(whereSeparator: { $0 == " " || $0 == "," }) }) {
            let one = self.access(of: scope.lowercased(), on: platform)
            access.level = max(access.level, one.level)
            access.readsMailOrFiles = access.readsMailOrFiles || one.readsMailOrFiles
        }
        return access
    }

    private static let identityScopes: Set = [
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

    /// Returns the access that one of Google's scopes gives, such as `drive`, `drive.readonly` or `gmail.modify`
    /// (developers.google.com/identity/protocols/oauth2/scopes).
    private static func ofGoogle(_ name: String) -> Access {
        if identityScopes.contains(name) { return Access() }
        let parts = name.split(separator: ".")
        let area = parts.first ?? ""
        // drive.file covers only files that the application created or was given.
        let isOwnFiles = name == "drive.file" || name.hasPrefix("drive.appdata") || name == "drive.appfolder"
        let isMetadata = name.contains("metadata") || name == "gmail.labels" || name == "gmail.send"
        let isContent = ["gmail", "drive", "documents", "spreadsheets", "presentations"].contains(area)
        var access = Access(
            readsMailOrFiles: isContent && !isOwnFiles && !isMetadata && !name.hasPrefix("drive.install"))
        if name.hasSuffix("readonly") || name.hasSuffix(".read") {
            access.level = .read
        } else if parts.count == 1 || area == "admin" || name == "gmail.modify" || name == "cloud-platform" {
            access.level = .full
        } else {
            access.level = isMetadata && name != "gmail.send" && name != "gmail.labels" ? .read : .write
        }
        return access
    }

    /// Returns the access that one of Microsoft's scopes gives, such as `Mail.Read` or `Files.ReadWrite.All`
    /// (learn.microsoft.com/graph/permissions-reference).
    private static func ofMicrosoft(_ name: String) -> Access {
        let isContent = ["mail.", "files.", "sites.", "notes."].contains { name.hasPrefix($0) }
        let reads = name.contains("read") || name.contains("fullcontrol") || name.contains("manage")
        var access = Access(readsMailOrFiles: isContent && reads && !name.hasPrefix("mail.readbasic"))
        if name == ".default" || name.contains("fullcontrol") || name.contains("full_access")
            || name.hasSuffix("readwrite.all") || name.contains("accessasuser.all")
        {
            access.level = .full
        } else if name.contains("write") || name.hasSuffix(".send") || name.contains("manage") {
            access.level = .write
        } else {
            access.level = .read
        }
        return access
    }

    /// Returns the access that one of GitHub's scopes for OAuth apps gives, such as `repo`, `read:org` or `admin:org`
    /// (docs.github.com).
    private static func ofGitHub(_ name: String) -> Access {
        if name.hasPrefix("read:") || name.hasSuffix(":read") || name == "repo:status" || name == "security_events" {
            return Access(level: .read)
        }
        if name == "repo" || name == "site_admin" || name == "delete_repo" || name.hasPrefix("admin:")
            || name == "user"
        {
            return Access(level: .full, readsMailOrFiles: name == "repo")
        }
        return Access(level: .write, readsMailOrFiles: name == "public_repo" || name == "gist")
    }

    /// Returns the access that one of Slack's scopes gives, such as `files:read`, `chat:write` or `admin.users:write`
    /// (api.slack.com/scopes).
    private static func ofSlack(_ name: String) -> Access {
        let isContent = ["files:", "channels:history", "groups:history", "im:history", "mpim:history", "search:"]
            .contains { name.hasPrefix($0) }
        let reads = !name.hasPrefix("files:write")
        var access = Access(readsMailOrFiles: isContent && reads)
        if name.hasPrefix("admin") {
            access.level = name.hasSuffix(":read") ? .read : .full
        } else {
            access.level = name.contains(":write") || name == "commands" || name == "incoming-webhook" ? .write : .read
        }
        return access
    }

    /// Returns the access that a scope of another provider gives, such as Okta's `okta.users.manage`, GitLab's `api` or
    /// Zoom's `recording:read:admin`.
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
