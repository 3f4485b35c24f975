/// The names of platforms, as these write them themselves.
enum Platforms {
    private static let names = [
        "okta": "Okta", "microsoft_entra": "Microsoft Entra ID", "google_workspace": "Google Workspace",
        "jumpcloud": "JumpCloud", "onelogin": "OneLogin", "pingone": "PingOne", "microsoft_intune": "Microsoft Intune",
        "jamf_pro": "Jamf Pro", "kandji": "Kandji", "hexnode": "Hexnode", "mosyle": "Mosyle", "fleet": "Fleet",
        "simplemdm": "SimpleMDM", "workspace_one": "Workspace ONE", "scalefusion": "Scalefusion",
        "crowdstrike": "CrowdStrike", "sentinelone": "SentinelOne", "meraki": "Meraki", "auvik": "Auvik",
        "jira": "Jira", "servicenow": "ServiceNow", "freshservice": "Freshservice", "zendesk": "Zendesk",
        "slack": "Slack", "teams": "Microsoft Teams", "outlook": "Outlook", "sharepoint": "SharePoint",
        "confluence": "Confluence", "github": "GitHub", "gitlab": "GitLab", "datadog": "Datadog",
        "rippling": "Rippling", "bamboohr": "BambooHR", "workday": "Workday", "salesforce": "Salesforce",
        "gcp": "Google Cloud", "aws": "AWS", "azure": "Azure", "zoom": "Zoom", "box": "Box",
    ]

    /// Returns the name of a platform; its identifier if the name is not known.
    static func name(_ identifier: String) -> String { names[identifier] ?? identifier }
}
