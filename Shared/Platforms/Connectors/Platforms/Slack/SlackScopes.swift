extension OAuthScopes {
    /// Returns the access that one of Slack's scopes gives, such as `files:read`, `chat:write` or `admin.users:write`
    /// (api.slack.com/scopes).
    static func ofSlack(_ name: String) -> Access {
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
}
