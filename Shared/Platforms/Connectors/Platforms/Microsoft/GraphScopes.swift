extension OAuthScopes {
    /// Returns the access that one of Microsoft's scopes gives, such as `Mail.Read` or `Files.ReadWrite.All`
    /// (learn.microsoft.com/graph/permissions-reference).
    static func ofMicrosoft(_ name: String) -> Access {
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
}
