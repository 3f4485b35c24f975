/// One thing that is wrong with the configuration: where it stands, and what to do about it.
struct Problem: Hashable, CustomStringConvertible {
    /// The path of the value inside the file, such as `functions[3].dispatch`; for a file that is read line
    /// by line, the line, such as `line 3`. Empty for the file as a whole.
    let place: String
    /// A sentence that says what is wrong and what to do.
    let advice: String

    var description: String { place.isEmpty ? advice : "\(place): \(advice)" }
}

/// All that is wrong with one file. Nobody has to start over to learn of the next mistake.
struct ConfigurationError: Error, CustomStringConvertible {
    let file: String
    let problems: [Problem]

    var description: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return problems.reduce("\(file) has \(count):") { $0 + "\n  \($1)" }
    }
}

/// What has been found wrong so far, in the order in which it was found, each thing once.
struct Problems {
    private(set) var list: [Problem] = []

    mutating func add(_ place: String, _ advice: String) {
        let problem = Problem(place: place, advice: advice)
        if !list.contains(problem) { list.append(problem) }
    }

    /// Throws when there is a problem.
    func check(_ file: String) throws(ConfigurationError) {
        if !list.isEmpty { throw ConfigurationError(file: file, problems: list) }
    }
}
