import Base

/// A list by which a company tells the analysis about its people and networks.
public enum WorkspaceMark: String, CaseIterable, Sendable {
    /// The addresses or names of the accounts for emergencies, which are unused and powerful on purpose.
    case emergencyAccounts = "emergency_accounts"
    /// The domains of the company's own addresses. Other addresses belong to external people.
    case companyDomains = "company_domains"
    /// Networks whose addresses several people use, such as offices and the exits of a VPN. A sign-in from there is no
    /// sign of an intruder.
    case trustedNetworks = "trusted_networks"
    /// Departments, titles and beginnings of addresses that contractors have.
    case contractorMarks = "contractor_marks"

    /// The largest number of values of one mark.
    static let mostValues = 500

    /// The form of a value, for errors.
    var form: String {
        switch self {
        case .emergencyAccounts: "addresses or account names such as emergency@example.com"
        case .companyDomains: "domains such as example.com"
        case .trustedNetworks: "addresses or ranges such as 203.0.113.0/24"
        case .contractorMarks: "department:TEXT, title:TEXT or address:PREFIX, such as address:ext-"
        }
    }

    /// Returns a value in the form in which it is stored; nil if it can't be one.
    func checked(_ text: String) -> String? {
        let value = text.trimmed.lowercased()
        guard (1...254).contains(value.unicodeScalars.count), !value.unicodeScalars.contains(where: \.isHarmful) else {
            return nil
        }
        switch self {
        case .emergencyAccounts: return value
        case .companyDomains:
            let labels = value.split(separator: ".", omittingEmptySubsequences: false)
            let isDomain =
                labels.count >= 2
                && labels.allSatisfy { label in
                    !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                        && label.utf8.allSatisfy { byte in
                            byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        }
                }
            return isDomain ? value : nil
        case .trustedNetworks: return IPRange(value) == nil ? nil : value
        case .contractorMarks:
            guard let (field, rest) = value.cut(at: ":"), !rest.isEmpty else { return nil }
            return ["department", "title", "address"].contains(String(field)) ? value : nil
        }
    }
}
