import Base

/// Finds the verb with which a command line begins. A verb has one word, such as `dev`, or two, such as `workspace
/// create`.
enum VerbTable {
    /// The meaning of the first words of a command line.
    enum Found {
        /// A verb, and the words after it.
        case verb(Verb, rest: [String])
        /// The first word of several verbs, those verbs, and the words after it. It is returned if no second word
        /// follows, or if the next word is an option such as --help.
        case group(String, [Verb], rest: [String])

        /// The words after the name of the verb or group.
        var rest: [String] {
            switch self {
            case .verb(_, let rest), .group(_, _, let rest): rest
            }
        }

        /// The help text of the verb or group.
        var help: String {
            switch self {
            case .verb(let verb, _): return verb.help
            case .group(let name, let verbs, _):
                let rows = verbs.map {
                    ([$0.name, $0.operands].filter { !$0.isEmpty }.joined(separator: " "), $0.summary)
                }
                return """
                    Usage: local-runner \(name) VERB [options]

                    \(Verb.table(rows))

                    local-runner \(name) VERB --help says more about one.
                    """
            }
        }
    }

    /// Finds the verb or group with which `words` begin.
    ///
    /// - Throws: `UsageError` if the first word begins no verb, or if it begins verbs of two words and the second word
    ///   names none of them. The program prints its own name directly before the error's text.
    static func find(_ words: [String], among verbs: [Verb]) throws(UsageError) -> Found {
        let name = words.first ?? ""
        let rest = Array(words.dropFirst())
        if let verb = verbs.first(where: { $0.name == name }) { return .verb(verb, rest: rest) }
        let group = group(name, of: verbs)
        guard !group.isEmpty else {
            let kind = name.hasPrefix("-") ? "option" : "verb"
            let known = kind == "verb" ? firstWords(of: verbs) : ["--help", "--version"]
            throw UsageError(": unknown \(kind) \(name); \(NearestWord.advice(name, known))")
        }
        guard let second = rest.first, !second.hasPrefix("-") else { return .group(name, group, rest: rest) }
        if let verb = group.first(where: { $0.name == "\(name) \(second)" }) {
            return .verb(verb, rest: Array(rest.dropFirst()))
        }
        let known = group.map { secondWord(of: $0) }
        throw UsageError(" \(name): unknown verb \(second); \(NearestWord.advice(second, known))")
    }

    /// Returns the verbs of two words whose first word is `name`.
    static func group(_ name: String, of verbs: [Verb]) -> [Verb] { verbs.filter { $0.name.hasPrefix(name + " ") } }

    /// Returns the first words of all verbs, each once, in the order of the verbs.
    static func firstWords(of verbs: [Verb]) -> [String] {
        var words: [String] = []
        for verb in verbs {
            let word = String(verb.name.prefix { $0 != " " })
            if !words.contains(word) { words.append(word) }
        }
        return words
    }

    /// Returns the second word of a verb that consists of two words.
    static func secondWord(of verb: Verb) -> String { String(verb.name.drop { $0 != " " }.dropFirst()) }
}
