/// A mistake in a configuration file, or in a value that another source gives to one of its variables.
struct Problem: Hashable, CustomStringConvertible {
    /// The path of the value in the file, such as `functions[3].dispatch`; or the line, such as `line 3`, in .dev.vars
    /// and for a syntax error. Empty for the file as a whole.
    let place: String
    /// A sentence that says what is wrong and how to correct it.
    let advice: String
    /// The source of a wrong value that does not come from the file, such as `the environment`. Nil if the file itself
    /// is wrong.
    var source: String?

    var description: String {
        let subject = source ?? place
        return subject.isEmpty ? advice : "\(subject): \(advice)"
    }
}

/// All mistakes in one file and in the values of its variables, so that they can be corrected at once.
struct ConfigurationError: Error, CustomStringConvertible {
    let file: String
    let problems: [Problem]

    /// A line for each problem, which begins with the file, or with the source of the wrong value.
    var lines: [String] {
        problems.map { problem in
            guard problem.source == nil else { return problem.description }
            return problem.place.isEmpty ? "\(file): \(problem)" : "\(file), \(problem)"
        }
    }

    var description: String {
        lines.reduce("\(Terminal.counted(problems.count, "problem")) in the configuration:") { $0 + "\n  \($1)" }
    }
}

/// The problems found so far, in the order of finding, without repetitions.
struct Problems {
    private(set) var list: [Problem] = []

    /// Adds a problem. `source` names the source of a wrong value that does not come from the file.
    mutating func add(_ place: String, _ advice: String, source: String? = nil) {
        let problem = Problem(place: place, advice: advice, source: source)
        if !list.contains(problem) { list.append(problem) }
    }

    /// Throws all problems if there are any.
    func check(_ file: String) throws(ConfigurationError) {
        if !list.isEmpty { throw ConfigurationError(file: file, problems: list) }
    }
}
