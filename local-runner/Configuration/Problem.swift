/// A mistake in a configuration file: its place, and advice on how to correct it.
struct Problem: Hashable, CustomStringConvertible {
    /// The path of the value in the file, such as `functions[3].dispatch`; the line, such as `line 3`, in .dev.vars and
    /// for a syntax error; or .dev.vars, if a value from it is wrong. Empty for the file as a whole.
    let place: String
    /// A sentence that says what is wrong and how to correct it.
    let advice: String

    var description: String { place.isEmpty ? advice : "\(place): \(advice)" }
}

/// All mistakes in one file, so that they can be corrected at once.
struct ConfigurationError: Error, CustomStringConvertible {
    let file: String
    let problems: [Problem]

    var description: String {
        problems.reduce("\(file) has \(Terminal.counted(problems.count, "problem")):") { $0 + "\n  \($1)" }
    }
}

/// The problems found so far, in the order of finding, without repetitions.
struct Problems {
    private(set) var list: [Problem] = []

    mutating func add(_ place: String, _ advice: String) {
        let problem = Problem(place: place, advice: advice)
        if !list.contains(problem) { list.append(problem) }
    }

    /// Throws all problems if there are any.
    func check(_ file: String) throws(ConfigurationError) {
        if !list.isEmpty { throw ConfigurationError(file: file, problems: list) }
    }
}
