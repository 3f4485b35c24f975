import Base

/// A command line that can't be understood. The exit status is then 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// An option of a verb.
struct Option: Sendable {
    /// The name with its dashes, such as `--port`.
    let name: String
    /// The placeholder of the value in the help text; nil for an option without a value.
    let value: String?
    let help: String
    /// The possible values, for completion. Empty if they can't be listed.
    let words: [String]
    /// True if the verb can't run without the option.
    let isRequired: Bool

    init(
        _ name: String, _ value: String? = nil, _ help: String, words: [String] = [], isRequired: Bool = false
    ) {
        self.name = name
        self.value = value
        self.help = help
        self.words = words
        self.isRequired = isRequired
    }

    /// The name, and the placeholder of the value if there is one.
    var form: String { value.map { "\(name) \($0)" } ?? name }
}

/// The words that follow a verb on the command line.
struct Arguments {
    /// The words that are neither options nor their values.
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]

    /// Reads `--name`, `--name value`, `--name=value` and operands. `--` ends the options. Throws one error that names
    /// all required options that are missing.
    init(_ words: [String], options: [Option]) throws(UsageError) {
        try read(words, options)
        let missing = options.filter { $0.isRequired && !has($0.name) }.map { "\($0.form) (\($0.help))" }
        if let last = missing.last {
            let others = missing.dropLast().joined(separator: ", ")
            throw UsageError(others.isEmpty ? "\(last) is missing" : "\(others) and \(last) are missing")
        }
    }

    private mutating func read(_ words: [String], _ options: [Option]) throws(UsageError) {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--" {
                operands += words
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            guard let option = options.first(where: { $0.name == name }) else {
                throw UsageError(
                    "unknown option \(name); \(NearestWord.advice(name, options.map(\.name) + ["--help"]))")
            }
            if option.value != nil {
                guard let given = parts.count == 2 ? String(parts[1]) : words.popFirst() else {
                    throw UsageError("\(name) needs a value: \(option.form)")
                }
                values[name, default: []].append(given)
            } else {
                guard parts.count == 1 else { throw UsageError("\(name) takes no value") }
                values[name, default: []].append("")
            }
        }
    }

    /// Returns true if the option was given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The option's value, or the last one if it was given several times; nil if it was not given.
    subscript(_ name: String) -> String? { values[name]?.last }

    /// Returns all values of an option that may be given several times; empty if it was not given.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// Returns the option's value as a whole number; nil if the option was not given. Throws `UsageError` for text that
    /// is no number within `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "\(name) \(text): must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Returns the option's value as a UUID; nil if the option was not given. Throws `UsageError` for any other text.
    func identifier(_ name: String) throws(UsageError) -> Identifier? {
        guard let text = self[name] else { return nil }
        guard let identifier = Identifier(text) else { throw UsageError("\(name) \(text): must be a UUID") }
        return identifier
    }

    /// Returns the option's value; nil if the option was not given. Throws `UsageError` for a value that is not in
    /// `words`.
    func word(_ name: String, of words: [String]) throws(UsageError) -> String? {
        guard let text = self[name] else { return nil }
        guard words.contains(text) else {
            throw UsageError("\(name) \(text) is unknown; \(NearestWord.advice(text, words))")
        }
        return text
    }

    /// Returns the value of an option that is declared as required.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = self[name] else { throw UsageError("\(name) is missing") }
        return value
    }

    /// Returns the value of an option that is declared as required, as a UUID.
    func required(identifier name: String) throws(UsageError) -> Identifier {
        guard let value = try identifier(name) else { throw UsageError("\(name) is missing") }
        return value
    }

    /// Returns the value of an option that is declared as required, as a case of an enumeration.
    func required<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, as type: Value.Type
    ) throws(UsageError) -> Value {
        let text = try required(name)
        guard let value = Value(rawValue: text) else {
            throw UsageError("\(name) \(text) is unknown; \(NearestWord.advice(text, type.allCases.map(\.rawValue)))")
        }
        return value
    }
}
