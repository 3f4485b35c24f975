import Base

/// Serial numbers of devices. Manufacturers leave placeholders in the firmware, which many machines then report.
enum SerialNumber {
    /// Returns a serial number without surrounding white space; nil if it can't identify a machine.
    ///
    /// A serial number can't identify a machine if it has fewer than four letters and digits, fewer than three
    /// different ones (`0000000`), digits that count up or down (`123456789`), or words that are placeholders (`To be
    /// filled by O.E.M.`). Case, spaces and punctuation make no difference.
    static func identity(_ text: String) -> String? {
        let text = text.trimmed
        let form = text.lowercased().filter { $0.isLetter || $0.isNumber }
        guard form.count >= 4, Set(form).count >= 3, !counts(form), !placeholders.contains(form),
            !parts.contains(where: { form.contains($0) })
        else { return nil }
        return text
    }

    private static let placeholders: Set = [
        "default", "empty", "invalid", "none", "noserial", "notset", "null", "nosn", "oemserial", "sample", "serial",
        "system", "test", "undefined", "unknown", "unset", "unspecified", "virtual", "eval", "evaluation", "xxxxxxxxxx",
    ]

    /// Texts that no real serial number contains.
    private static let parts = [
        "serialnumber", "defaultstring", "notspecified", "notavailable", "notapplicable", "notprovided", "notdefined",
        "notfilled", "tobefilled", "tobeset", "filledbyoem", "systemsn", "unknownserial", "invalidserial",
    ]

    /// Returns true if each digit is one more, or each is one less, than the digit before; 0 follows 9. Up to four
    /// letters may stand before nine or more digits, as in `SSN12345678901234567`.
    private static func counts(_ form: String) -> Bool {
        let prefix = form.prefix { $0.isLetter }
        let digits = form.dropFirst(prefix.count).compactMap(\.wholeNumberValue)
        guard prefix.count + digits.count == form.count, prefix.isEmpty || prefix.count <= 4 && digits.count >= 9 else {
            return false
        }
        let steps = Set(zip(digits, digits.dropFirst()).map { ($1 - $0 + 10) % 10 })
        return steps == [1] || steps == [9]
    }
}
