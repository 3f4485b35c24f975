extension OAuthScopes {
    /// Returns the access that one of GitHub's scopes for OAuth apps gives, such as `repo`, `read:org` or `admin:org`
    /// (docs.github.com).
    static func ofGitHub(_ name: String) -> Access {
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
}
