extension OAuthScopes {
    /// Returns the access that one of Google's scopes gives, such as `drive`, `drive.readonly` or `gmail.modify`
    /// (developers.google.com/identity/protocols/oauth2/scopes).
    static func ofGoogle(_ name: String) -> Access {
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
}
