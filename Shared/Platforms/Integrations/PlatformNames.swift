public import Store

/// The names of platforms. Rules also know platforms that have no connector (`others`), because the inventory may
/// contain data about them.
public enum PlatformNames {
    private static let others = [
        "pingone": "PingOne", "kandji": "Kandji", "hexnode": "Hexnode", "mosyle": "Mosyle", "fleet": "Fleet",
        "simplemdm": "SimpleMDM", "workspace_one": "Workspace ONE", "scalefusion": "Scalefusion",
        "sentinelone": "SentinelOne", "meraki": "Meraki", "auvik": "Auvik", "servicenow": "ServiceNow",
        "freshservice": "Freshservice", "zendesk": "Zendesk", "teams": "Microsoft Teams", "outlook": "Outlook",
        "sharepoint": "SharePoint", "confluence": "Confluence", "datadog": "Datadog", "rippling": "Rippling",
        "workday": "Workday", "salesforce": "Salesforce", "gcp": "Google Cloud",
        "azure": "Azure", "box": "Box",
    ]

    /// Returns the name of a platform as its provider writes it. Returns the identifier if the name is not known.
    public static func name(_ identifier: String) -> String {
        Platform(rawValue: identifier)?.name ?? others[identifier] ?? identifier
    }

    /// Business platforms with a user list of their own, which all get the same checks.
    private static let businessIdentifiers: [StaticString] = ["zoom", "box", "datadog", "salesforce"]

    /// The business platforms, by identifier and name.
    public static let business = businessIdentifiers.map { identifier in
        (identifier: identifier.description, name: name(identifier.description))
    }

    /// The identifiers of the business platforms as a list of SQL literals.
    public static let businessList: SQL = .list(
        businessIdentifiers.map { identifier in
            let text = SQL(stringLiteral: identifier)
            return "'\(text)'"
        })
}
