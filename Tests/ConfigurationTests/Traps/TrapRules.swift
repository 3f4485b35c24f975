/// Kinds of code that may end the process if a value is not what the author expected.
enum TrapRule: String, CaseIterable {
    /// `!` after an expression or a type, `try!` and `as!`.
    case force
    /// Calls that trap, or have no defined result, if a condition does not hold, such as `precondition`.
    case call
    /// A subscript with a range.
    case slice
    /// A subscript with a number, a calculation, or a name that is usual for an index.
    case index
    /// A conversion to an integer type that may not hold the number.
    case conversion
    /// Removing or exchanging elements that may not exist.
    case removal
    /// Moving an index beyond an end of a collection.
    case step
}

/// Finds code in one file that the rules forbid. The rules look at the text, line by line, and do not know types. So
/// they recognise an index by its form or its usual name, and a check by its position shortly before the use.
struct TrapFinder {
    /// A line with code that a rule forbids.
    struct Finding: Equatable {
        let rule: TrapRule
        /// The line in the file, without leading white space.
        let line: String
        let number: Int
    }

    private let source: SwiftSource

    init(_ text: String) { source = SwiftSource(text) }

    var findings: [Finding] {
        source.code.indices.flatMap { number in
            Set(rules(on: source.code[number], number)).sorted { $0.rawValue < $1.rawValue }
                .map { Finding(rule: $0, line: source.lines[number], number: number + 1) }
        }
    }

    private static let calls: Set<Substring> = [
        "assert", "assertionFailure", "fatalError", "precondition", "preconditionFailure", "uniqueKeysWithValues",
        "unsafeBitCast", "unsafeDowncast", "unsafelyUnwrapped",
    ]
    private static let integers: Set<Substring> = [
        "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64",
    ]
    private static let removals: Set<Substring> = [
        "remove", "removeFirst", "removeLast", "removeSubrange", "replaceSubrange", "swapAt",
    ]

    private func rules(on line: String, _ number: Int) -> [TrapRule] {
        var found: [TrapRule] = []
        let words = Set(line.utf8.split { !Self.isWordPart($0) }.map { Substring($0) })
        if line.utf8.contains(UInt8(ascii: "!")), line.contains(#/[\w)\]}"]!(?!=)|\b(try|as)!/#) {
            found.append(.force)
        }
        if !words.isDisjoint(with: Self.calls) { found.append(.call) }
        let steps = words.contains("index") && line.contains(#/index\((after|before):/#)
        if steps || words.contains("offsetBy") && !words.contains("limitedBy") { found.append(.step) }
        if line.utf8.contains(UInt8(ascii: "[")) {
            found += subscripts(line).compactMap { rule(for: $0, on: line, number) }
        }
        if !words.isDisjoint(with: Self.integers), hasTrappingConversion(line) { found.append(.conversion) }
        if !words.isDisjoint(with: Self.removals), hasTrappingRemoval(line, number) { found.append(.removal) }
        return found
    }

    private static func isWordPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Returns a line of code with up to `lines` lines before it.
    private func upTo(_ number: Int, lines: Int) -> String {
        source.code[max(0, number - lines)...number].joined(separator: "\n")
    }

    /// Returns the beginning of `text`, up to the bracket that closes one that was opened just before `text`.
    private static func inside(_ text: Substring, _ open: Character, _ close: Character) -> Substring {
        var depth = 0
        return text.prefix { character in
            if character == open { depth += 1 }
            if character == close { depth -= 1 }
            return depth >= 0
        }
    }
}

// MARK: Subscripts

extension TrapFinder {
    private struct Subscript {
        let base: Substring
        let argument: Substring
    }

    /// Returns the subscripts in a line: an expression, and the text in the brackets after it.
    private func subscripts(_ line: String) -> [Subscript] {
        var found: [Subscript] = []
        for open in line.indices where line[open] == "[" {
            var before = line[..<open]
            while let last = before.last, last.isLetter || last.isNumber || "_.?)]}$\"".contains(last) {
                before.removeLast()
            }
            let base = line[before.endIndex..<open]
            if base.isEmpty || base == "." || ["return", "in", "case", "where", "try"].contains(base) { continue }
            found.append(Subscript(base: base, argument: Self.inside(line[open...].dropFirst(), "[", "]")))
        }
        return found
    }

    /// Names that are usual for indices. Keys of dictionaries are named after their meaning.
    private static let indexNames: Set<Substring> = [
        "begin", "byte", "child", "column", "count", "digit", "end", "from", "i", "index", "j", "least", "length",
        "low",
        "middle", "n", "offset", "parent", "place", "position", "row", "slot", "start", "target", "whole",
    ]

    private func rule(for use: Subscript, on line: String, _ number: Int) -> TrapRule? {
        let argument = use.argument
        // Accepts empty brackets, the range of all elements, a key with a string literal, and subscripts of other
        // types, which have a label, a default value or an extent.
        if argument.isEmpty || argument == "..." || argument.contains("\"") { return nil }
        if argument.contains(#/^\w+:|, default:|^Extent\(/#) { return nil }
        if argument.contains("..<") || argument.contains("...") { return .slice }
        // Reading a missing column of a query's row throws.
        if ["row", "$0", "self"].contains(use.base), line.contains("try ") { return nil }
        let isIndex =
            Self.indexNames.contains(argument)
            || argument.contains(#/^\d+$|[-+*/%&>] |\bU?Int\d*\(|\.(count|start|end)$/#)
        return isIndex && !isChecked(use, number) ? .index : nil
    }

    /// Returns true if a check of the index, or a literal array that is long enough, is on the line of the use or on
    /// one of the twelve lines before it.
    private func isChecked(_ use: Subscript, _ number: Int) -> Bool {
        let text = upTo(number, lines: 12)
        let (base, argument) = (use.base, use.argument)
        guard let index = Int(argument) else {
            return [
                "\(argument) in \(base).indices", "\(base).indices.contains(\(argument))",
                "\(argument) < \(base).count", "\(argument) in 0..<\(base).count", "\(argument) = \(base).firstIndex",
                "\(argument) = \(base).lastIndex",
            ].contains { text.contains($0) }
        }
        let isCounted = text.matches(of: #/([\w.?$]+)\.count (==|>=|>) (\d+)/#).contains { match in
            match.1 == base && Int(match.3).map { match.2 == ">" ? index <= $0 : index < $0 } == true
        }
        let isLiteral = text.matches(of: #/(?:var|let) (\w+)(?:: \[\w+\])? = \[([^\[\]]+)\]/#).contains {
            $0.1 == base && $0.2.split(separator: ",").count > index
        }
        return isCounted || isLiteral
    }
}

// MARK: Conversions and removals

extension TrapFinder {
    /// True if a line converts a value to an integer type, unless a label makes that safe, or the value seems to be
    /// text, a constant, or a number that fits.
    private func hasTrappingConversion(_ line: String) -> Bool {
        line.matches(of: #/\b(U?Int(?:8|16|32|64)?)\(/#).contains { match in
            let argument = Self.inside(line[match.range.upperBound...], "(", ")")
            let before = line[..<match.range.lowerBound]
            let behind = line[argument.endIndex...].dropFirst()
            return
                !(Self.isLabelled(argument) || Self.isConstant(argument)
                || Self.isParsed(before, behind) || Self.isWidened(argument, to: match.1))
        }
    }

    private static func isLabelled(_ argument: Substring) -> Bool {
        argument.contains(#/^(exactly|clamping|truncatingIfNeeded|ascii|bitPattern|bigEndian):|radix:/#)
    }

    private static func isConstant(_ argument: Substring) -> Bool {
        argument.contains(#/^[\d_]+$|^MemoryLayout<|^[A-Z_\d]{3,}[A-Za-z_\d.]*( \| [A-Z_\d]+[.A-Za-z]*)*$/#)
    }

    /// Returns true if a number is parsed from text. The result may then be nil, which shows in its use.
    private static func isParsed(_ before: Substring, _ behind: Substring) -> Bool {
        behind.contains(#/^\)*( \?\?|\?| [!=]= nil|\.(flatMap|map)\b)/#)
            || before.contains(#/\b(let|var) \w+ = $/#) && behind.contains(#/^(,| else| \{)/#)
            || before.contains(#/(flatMap|compactMap)(\(\{ | \{ )$|nil : $/#)
    }

    /// Returns true if the value seems to fit into the type, for example a byte, by its usual name; an integer that a C
    /// function returns; or a count.
    private static func isWidened(_ argument: Substring, to type: Substring) -> Bool {
        let isByte = argument.contains(
            #/^(byte|digit|character|first|\$[01])( (>>|&|-) .*)?$|^(bytes|content)\[\w+\]$/#)
        if isByte || argument.contains(#/\.pointee|_family$/#) { return !["Int8", "UInt8"].contains(type) }
        guard ["Int", "Int64", "UInt64"].contains(type) else { return false }
        return argument.contains(#/^[a-z]\w*_\w+\(|^(PQ|EVP_)\w+\(|^[\d *+]*[\w.]+\.count$|^Int16\(/#)
            || argument.contains(#/\(as: (U?Int(16|32)|Int64)\.self\)$/#)
    }

    /// True if a line removes or exchanges elements by position without a check on this line or one of the four lines
    /// before it.
    private func hasTrappingRemoval(_ line: String, _ number: Int) -> Bool {
        let names = #/([\w.]+?)\.(removeFirst|removeLast|remove|removeSubrange|replaceSubrange|swapAt)\(/#
        return line.matches(of: names).contains { call in
            let behind = line[call.range.upperBound...]
            if call.2 == "remove", !behind.hasPrefix("at:") { return false }
            let text = upTo(number, lines: 4)
            let isOne = ["removeFirst", "removeLast"].contains(call.2) && behind.hasPrefix(")")
            let isThere = ["isEmpty", "first", "last"].contains { text.contains("\(call.1).\($0)") }
            return !(isOne && isThere) && !text.contains(" = \(call.1).firstIndex")
        }
    }
}
