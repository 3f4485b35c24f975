import Base

/// A value of the configuration file that knows its place in the file. A read method that finds an unsuitable value
/// adds a problem and returns nil or an empty collection, so that reading goes on and finds the other problems too.
struct Node {
    let value: JSON
    /// The path, such as `functions[3].dispatch`; empty for the document.
    let place: String

    /// Returns the members of an object whose names are in `known`. Other members are problems and are left out.
    func members(known: [String], _ problems: inout Problems) -> [String: Node] {
        let members = members(&problems)
        for name in members.keys.sorted() where !known.contains(name) {
            problems.add(join(name), "unknown key; \(NearestWord.advice(name, known))")
        }
        return members.filter { known.contains($0.key) }
    }

    /// Returns all members of an object.
    func members(_ problems: inout Problems) -> [String: Node] {
        guard let object = value.object else {
            wrongType("an object, {…}", &problems)
            return [:]
        }
        var members: [String: Node] = [:]
        for (name, value) in object { members[name] = Node(value: value, place: join(name)) }
        return members
    }

    /// Returns the elements of an array.
    func elements(_ problems: inout Problems) -> [Node] {
        guard let array = value.array else {
            wrongType("an array, […]", &problems)
            return []
        }
        return array.enumerated().map { Node(value: $1, place: "\(place)[\($0)]") }
    }

    /// Returns a string that is not empty.
    func string(_ problems: inout Problems) -> String? {
        guard let string = value.string else {
            wrongType("a string in double quotes", &problems)
            return nil
        }
        if string.isEmpty {
            problems.add(place, "is empty; give it a value or remove it.")
            return nil
        }
        return string
    }

    /// Returns true or false.
    func flag(_ problems: inout Problems) -> Bool? {
        guard let flag = value.bool else {
            wrongType("true or false", &problems)
            return nil
        }
        return flag
    }

    /// Returns a whole number within `range`. A problem's text shows `unit`, a note such as the unit, after the range.
    func integer(_ range: ClosedRange<Int>, _ unit: String, _ problems: inout Problems) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))"
        guard let integer = value.integer else {
            wrongType(expected, &problems)
            return nil
        }
        guard range.contains(integer) else {
            problems.add(place, "is \(integer); it must be \(expected).")
            return nil
        }
        return integer
    }

    /// Returns a string that must be one of `words`.
    func word(_ words: [String], _ problems: inout Problems) -> String? {
        guard let word = string(&problems) else { return nil }
        guard words.contains(word) else {
            let advice = NearestWord.nearest(to: word, in: words).map { "; did you mean \"\($0)\"?" } ?? "."
            problems.add(place, "\"\(word)\" is not one of \(words.joined(separator: ", "))\(advice)")
            return nil
        }
        return word
    }

    /// Returns the strings of an array, each with its place. Empty and repeated strings are problems and are left out.
    func strings(_ problems: inout Problems) -> [(text: String, place: String)] {
        var strings: [(text: String, place: String)] = []
        for element in elements(&problems) {
            guard let text = element.string(&problems) else { continue }
            if strings.contains(where: { $0.text == text }) {
                problems.add(element.place, "\"\(text)\" is twice in this list; keep one.")
            } else {
                strings.append((text, element.place))
            }
        }
        return strings
    }

    private func join(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    private func wrongType(_ expected: String, _ problems: inout Problems) {
        let found =
            switch value {
            case .null: "null"
            case .bool: "true or false"
            case .integer, .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        problems.add(place, "is \(found); it must be \(expected).")
    }
}
