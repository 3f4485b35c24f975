/// Words that make a comment or a title hard to read, and advice for writing it better.
struct CommentRule: Sendable {
    enum Place: Sendable {
        /// The text must not begin with one of the words.
        case start
        /// The text must not contain one of the words.
        case anywhere
    }

    let place: Place
    let words: [String]
    let advice: String

    static let all = [
        CommentRule(
            place: .start, words: ["What", "Whatever"],
            advice: "begin with the thing itself (\"The records that …\") or with a verb (\"Returns …\")"),
        CommentRule(
            place: .start, words: ["Whether"], advice: "say \"True if …\" or \"Returns true if …\""),
        CommentRule(
            place: .start,
            words: ["Who", "Whose", "Everyone", "Anybody"],
            advice: "name the person or program: a caller, a user, another process"),
        CommentRule(
            place: .start, words: ["Of", "That", "Which", "Those", "Where"],
            advice: "begin with the subject or with a verb, and write conditions with \"if\""),
        CommentRule(
            place: .start, words: ["How", "When"],
            advice: "say \"The number of …\", \"The time at which …\" or \"If …\""),
        CommentRule(
            place: .start, words: ["So", "As"], advice: "write a whole sentence that begins with its subject"),
        CommentRule(
            place: .start, words: ["Nothing", "Everything", "Anything", "Something"],
            advice: "name the thing: no row, all records, another file"),
        CommentRule(
            place: .anywhere, words: ["nobody", "somebody", "whom", "whoever"],
            advice: "name the person or program: no caller, another user, the process that …"),
        CommentRule(
            place: .anywhere, words: ["so many", "so much"], advice: "say \"this number of\" or name the parameter"),
        CommentRule(place: .anywhere, words: ["anew"], advice: "say \"again\""),
        CommentRule(
            place: .anywhere, words: ["meanwhile"], advice: "say what happens at the same time, or \"by then\""),
        CommentRule(place: .anywhere, words: ["beside"], advice: "say \"next to\", \"in addition to\" or \"with\""),
        CommentRule(place: .anywhere, words: ["anyhow", "thereby", "hereby"], advice: "leave the word out"),
        CommentRule(
            place: .anywhere, words: ["is no more", "are no more", "has no more", "not any more"],
            advice: "say \"no longer exists\" or \"no longer has\""),
        CommentRule(
            place: .anywhere, words: ["to be had", "comes of", "came of", "as good as"],
            advice: "use a literal verb: exists, results from, almost"),
    ]

    /// Returns the advice of the rules that a text breaks. If `isStart` is false, rules about the beginning do not
    /// apply.
    static func advice(for text: String, isStart: Bool = true) -> [String] {
        let words = " " + text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ") + " "
        let first = String(text.prefix { $0.isLetter })
        return all.filter { rule in
            switch rule.place {
            case .start: isStart && rule.words.contains(first)
            case .anywhere: rule.words.contains { words.contains(" \($0) ") }
            }
        }.map(\.advice)
    }
}

/// A line of a comment in a Swift or C file.
struct CommentLine: Equatable {
    let number: Int
    let text: String
    /// True for the first line of a comment, of a paragraph, and of a list item that begins with a name and a colon.
    let isStart: Bool

    /// Returns the lines of a file's comments: in Swift, lines of `//` and `///` and comments after code; in C, only
    /// lines that begin with the mark of a comment.
    static func all(in source: String, isSwift: Bool) -> [CommentLine] {
        var lines: [CommentLine] = []
        var previous: (mark: Substring, text: Substring)?
        for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let code = line.drop(while: \.isWhitespace)
            let marks = isSwift ? ["///", "//"] : ["///", "//", "/**", "/*", "*"]
            guard let mark = marks.first(where: { code.hasPrefix($0) }) else {
                previous = nil
                if isSwift, let text = trailing(in: line) {
                    lines.append(CommentLine(number: index + 1, text: String(text), isStart: true))
                }
                continue
            }
            var text = code.dropFirst(mark.count).drop(while: \.isWhitespace)
            var isStart = previous == nil || previous?.text == "" || previous?.mark != mark[...]
            if let item = text.prefixMatch(of: /- (?:Parameter )?\w+: */) {
                text = text[item.range.upperBound...]
                isStart = true
            }
            lines.append(CommentLine(number: index + 1, text: String(text), isStart: isStart))
            previous = (mark[...], text)
        }
        return lines
    }

    /// Returns the comment after a line's code; nil if there is none or if its slashes are part of a string.
    private static func trailing(in line: Substring) -> Substring? {
        guard let slashes = line.firstRange(of: " // ") ?? line.firstRange(of: "\t// ") else { return nil }
        let code = line[..<slashes.lowerBound].replacing("\\\"", with: "")
        let isInString = code.count { $0 == "\"" } % 2 == 1
        return isInString ? nil : line[slashes.upperBound...].drop(while: \.isWhitespace)
    }
}
