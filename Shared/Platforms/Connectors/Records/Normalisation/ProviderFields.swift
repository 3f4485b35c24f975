import Base
import Integrations

/// Readers for members of providers' objects, in the forms that records use.
extension JSON {
    /// The texts of an array that contain an `@`, as e-mail addresses in canonical form.
    var emails: [String] { array?.compactMap { $0.string?.emailAddress } ?? [] }

    /// Returns the country in the object's member `name` as its two-letter code. Returns nil if there is none or it is
    /// unknown.
    func country(_ name: String) -> JSON? { text(name).flatMap(Country.code).map(JSON.string) }

    /// Returns the serial number in the object's member `name`. Returns nil if the member is missing or can't identify
    /// a machine.
    func serialNumber(_ name: String) -> String? { text(name).flatMap(SerialNumber.identity) }
}

extension Form {
    /// Returns the canonical form of an e-mail address in plain ASCII; nil for other text. It is for fields that may
    /// hold any text, such as tags and the names that identity providers use.
    static func address(_ text: String) -> String? {
        let address = EmailAddress.canonical(text)
        return email(address) ? address : nil
    }
}

extension String {
    /// The text as an e-mail address in canonical form; nil if it has no `@`.
    var emailAddress: String? {
        let address = EmailAddress.canonical(self)
        return address.contains("@") ? address : nil
    }
}
