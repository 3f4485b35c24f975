import Base

/// The members of providers' objects in the forms that records have.
extension JSON {
    /// An array's texts that are e-mail addresses, in their canonical form.
    var emails: [String] { array?.compactMap { $0.string?.emailAddress } ?? [] }

    /// A member's country, as its code of two letters.
    func country(_ name: String) -> JSON? { text(name).flatMap(Country.code).map(JSON.string) }

    /// A device's serial number; nil when it is a placeholder.
    func serialNumber(_ name: String) -> String? { text(name).flatMap(SerialNumber.identity) }
}

extension Form {
    /// The canonical form of an address of plain ASCII; nil for other text. It is for fields that may hold anything,
    /// such as tags and the names that identity providers use.
    static func address(_ text: String) -> String? {
        let address = EmailAddress.canonical(text)
        return email(address) ? address : nil
    }
}

extension String {
    /// The canonical form of an e-mail address; nil when the text is none.
    var emailAddress: String? {
        let address = EmailAddress.canonical(self)
        return address.contains("@") ? address : nil
    }
}
