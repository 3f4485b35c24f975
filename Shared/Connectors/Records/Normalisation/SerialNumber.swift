import Base

/// Serial numbers of devices. Makers leave placeholders in the firmware, and the same one is then on many machines.
enum SerialNumber {
    /// A serial number without the white space around it; nil when it tells no machine from another.
    ///
    /// That is: fewer than four letters and digits, fewer than three different ones (`0000000`), digits that count up
    /// or down (`123456789`), or words that stand for a serial number (`To be filled by O.E.M.`). Case, spaces and
    /// punctuation make no difference.
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

    /// What no real serial number has in it.
    private static let parts = [
        "serialnumber", "defaultstring", "notspecified", "notavailable", "notapplicable", "notprovided", "notdefined",
        "notfilled", "tobefilled", "tobeset", "filledbyoem", "systemsn", "unknownserial", "invalidserial",
    ]

    /// Returns true for digits of which each is one more, or one less, than the one before; 0 follows 9. A few letters
    /// may stand before nine or more of them, as in `SSN12345678901234567`.
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
