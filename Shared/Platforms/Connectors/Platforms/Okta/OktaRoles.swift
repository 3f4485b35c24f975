import Base

/// Okta's administrator roles, by what they can change
/// (help.okta.com/en-us/content/topics/security/administrators-admin-comparison.htm).
enum OktaRoles {
    /// The types of the standard roles whose holders see everything and change nothing.
    private static let reading: Set = ["READ_ONLY_ADMIN", "REPORT_ADMIN"]

    /// Returns true if a role changes nothing. A role of a type that is not known may change something.
    static func onlyReads(_ role: JSON) -> Bool { role.text("type").map(reading.contains) == true }
}
