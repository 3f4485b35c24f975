extension Rule {
    /// All rules, in the order of the categories.
    public static let all: [Rule] =
        identitySecurity + accessHygiene + shadowIT + devicePosture + licenseWaste + compoundRisk
        + driftSignal
        + behavioralAnomaly + accessRisk + findingCorrelation

    /// Returns the rule with an id, `category::name`; nil if there is none.
    public static func named(_ id: String) -> Rule? { all.first { $0.id == id } }
}
