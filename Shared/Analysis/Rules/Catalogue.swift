import Findings

extension Rule {
    /// Every rule, in the order of the categories.
    public static let all: [Rule] =
        identitySecurity + accessHygiene + shadowIT + devicePosture + licenseWaste + compoundRisk
        + driftSignal
        + behavioralAnomaly + accessRisk + findingCorrelation

    /// The rule with an id, `category::name`; nil when there is none.
    public static func named(_ id: String) -> Rule? { all.first { $0.id == id } }

    /// Business platforms with a user list of their own, by identifier and name, which all get the same checks.
    static let businessPlatforms = [
        ("zoom", "Zoom"), ("box", "Box"), ("datadog", "Datadog"), ("salesforce", "Salesforce"),
    ]
}
