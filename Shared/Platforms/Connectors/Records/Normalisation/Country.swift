import Base

/// Countries, which providers write as a two-letter code, a three-letter code or an English name.
enum Country {
    /// Returns the ISO 3166-1 alpha-2 code in capital letters, such as `US` for `us`, `USA` or `United States`; nil for
    /// text that names no known country. The standard has no code for Kosovo; `XK` is what providers write.
    static func code(_ text: String) -> String? {
        let form = folded(text)
        // The text "N/A" must not become NA, which is Namibia.
        let isPlain = form.count > 3 || form.count == text.trimmed.count || ["us", "usa", "uk"].contains(form)
        return isPlain ? codes[form] : nil
    }

    /// The codes, keyed by each form of a country, including the code itself.
    private static let codes: [String: String] = table.split(separator: "\n").reduce(into: [:]) { codes, line in
        guard let (code, rest) = line.cut(at: " "), let (longCode, names) = rest.cut(at: " ") else { return }
        for form in [code, longCode] + names.split(separator: ";") { codes[folded(String(form))] = String(code) }
    }

    /// Returns a form without case, spaces and anything but letters. The word "the" is ignored, and "&" and "St." are
    /// written out.
    private static func folded(_ text: String) -> String {
        text.lowercased().replacing("&", with: " and ").split(whereSeparator: { $0 == " " || $0 == "," }).map { word in
            let letters = word.filter(\.isLetter)
            return letters == "the" ? "" : letters == "st" && word.utf8.count > letters.utf8.count ? "saint" : letters
        }.joined()
    }
}
