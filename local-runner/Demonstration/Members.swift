import Base

/// An employee who uses the product.
struct Membership {
    let userID: Identifier
    let role: String
    let person: Person
}

extension Company {
    /// Chooses a person for each role, two for some. None of them gets a part in the story.
    func chooseMembers() throws {
        // A separate generator makes ids that are the same for every `now`.
        var identifiers = SplitMix64(seed: 0x0A11_CE55)
        let roles: [(String, (Person) -> Bool)] = [
            ("super_admin", { $0.rank == .head && $0.department == "IT" }),
            ("admin", { $0.rank == .manager && $0.department == "IT" }),
            ("security_analyst", { $0.rank == .head && $0.department == "Security" }),
            ("security_analyst", { $0.rank == .manager && $0.department == "Security" }),
            ("agent", { $0.isPlain && $0.department == "Support" }),
            ("auditor", { $0.isPlain && $0.department == "Finance" }),
            ("viewer", { $0.isPlain && $0.department == "Product" }),
            ("viewer", { $0.rank == .chief && $0.title == "Chief Information Security Officer" }),
        ]
        for (role, fits) in roles {
            members.append(
                Membership(
                    userID: .random(using: &identifiers), role: role, person: try take(role, where: fits)))
        }
    }
}
