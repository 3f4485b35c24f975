import Base

/// Countries, which providers write as a code of two letters, of three letters, or as a name in English.
enum Country {
    /// The code of ISO 3166-1 alpha-2 in capital letters, such as `US` for `us`, `USA` or `United States`; nil for
    /// anything else. Kosovo has none there, and is the XK that providers write.
    static func code(_ text: String) -> String? {
        let form = folded(text)
        // Namibia is NA, and not N/A.
        let isPlain = form.count > 3 || form.count == text.trimmed.count || ["us", "usa", "uk"].contains(form)
        return isPlain ? codes[form] : nil
    }

    /// The codes by all the other forms.
    private static let codes: [String: String] = table.split(separator: "\n").reduce(into: [:]) { codes, line in
        guard let (code, rest) = line.cut(at: " "), let (longCode, names) = rest.cut(at: " ") else { return }
        for form in [code, longCode] + names.split(separator: ";") { codes[folded(String(form))] = String(code) }
    }

    /// A form without case, spaces and punctuation. "The" and the signs for "and" and "Saint" make no difference.
    private static func folded(_ text: String) -> String {
        text.lowercased().replacing("&", with: " and ").split(whereSeparator: { $0 == " " || $0 == "," }).map { word in
            let letters = word.filter(\.isLetter)
            return letters == "the" ? "" : letters == "st" && word.utf8.count > letters.utf8.count ? "saint" : letters
        }.joined()
    }
}
