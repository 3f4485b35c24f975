import Base

/// Adds the applications that IT manages, and those that people use with their Google accounts without causing a
/// problem. With the applications of planted problems there are sixty.
extension Company {
    /// The managed applications that every employee has.
    static let commonApplications = ["Google Drive", "Slack", "Zoom", "BambooHR", "1Password", "Confluence", "Navan"]

    /// The managed applications that employees of each department have in addition.
    static let departmentApplications: [(department: String, names: [String])] = [
        ("Engineering", ["GitHub", "Jira", "Datadog", "Sentry", "PagerDuty", "Postman"]),
        ("Product", ["Jira", "Figma", "Amplitude", "Looker"]),
        ("Design", ["Figma", "Jira", "Miro", "Adobe Creative Cloud"]),
        ("Security", ["GitHub", "Jira", "AWS Console", "CrowdStrike Falcon", "KnowBe4"]),
        ("IT", ["Jira", "Freshservice", "KnowBe4"]),
        ("Sales", ["Salesforce", "Gong", "LinkedIn Sales Navigator", "DocuSign"]),
        ("Marketing", ["HubSpot", "Canva", "Semrush", "Asana"]),
        ("Support", ["Zendesk", "Jira", "Statuspage", "Talkdesk"]),
        ("Finance", ["NetSuite", "Expensify", "Looker"]),
        ("People", ["Greenhouse", "DocuSign"]),
        ("Legal", ["DocuSign"]),
        ("Executive", ["Salesforce", "Looker", "Asana"]),
    ]

    /// The managed applications that have their own sign-in from the start.
    private static let withoutSSO: Set = ["Greenhouse", "Expensify"]

    /// The managed applications whose seats are paid for one by one.
    private static let licensed: Set = [
        "Salesforce", "Figma", "Gong", "LinkedIn Sales Navigator", "Zendesk", "Datadog", "Postman",
        "Adobe Creative Cloud", "HubSpot", "Canva", "Miro", "Amplitude", "Asana", "Talkdesk",
    ]

    /// The unmanaged applications that a policy sanctions, with their categories; true for AI tools.
    private static let sanctioned = [
        ("Meetwell", "scheduling", false), ("SurveyNest", "surveys", false), ("Typelet", "writing", false),
        ("Whiteroom", "whiteboards", false), ("LangBridge AI", "translation", true),
        ("Codefriend AI", "coding", true),
    ]

    /// The unmanaged applications that no policy decides on and that are not themselves the subject of a finding.
    static let undecided: [(name: String, category: String)] = [
        ("Timezonely", "calendar"), ("Palette Pick", "design"), ("Readlater", "reading"), ("Focusbeat", "music"),
        ("Mindgrid", "notes"), ("Tabshelf", "browsing"),
    ]

    func addApplications() {
        var names = Self.commonApplications
        for (_, more) in Self.departmentApplications {
            for name in more where !names.contains(name) { names.append(name) }
        }
        for name in names {
            let application = Application(
                id: newID(), name: name, publisher: name, category: "business", isManaged: true, isAITool: false,
                firstSeen: midnight(daysAgo: number(150..<235)))
            application.sso = !Self.withoutSSO.contains(name)
            application.isLicensed = Self.licensed.contains(name)
            applications.append(application)
        }
        for (name, category, isAITool) in Self.sanctioned {
            addUnmanaged(name, category: category, isAITool: isAITool).policy = "sanctioned"
        }
        for (name, category) in Self.undecided { addUnmanaged(name, category: category) }
    }

    @discardableResult
    func addUnmanaged(
        _ name: String, category: String, isAITool: Bool = false, isPublisherKnown: Bool = true, firstSeen: Int? = nil
    ) -> Application {
        let application = Application(
            id: newID(), name: name, publisher: isPublisherKnown ? name + " Inc." : nil, category: category,
            isManaged: false, isAITool: isAITool, firstSeen: ago(days: firstSeen ?? number(60..<200)))
        applications.append(application)
        return application
    }
}
