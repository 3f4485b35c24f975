import Foundation
import Testing

/// Searches the sources for forms of code that can trap with an outside value. The search sees only the text of lines.
///
/// Swift ends the process if an index or a range lies outside of a collection, if a number does not fit its type, and
/// if nil is unwrapped by force. Requests, tokens, files, providers' answers and database rows are outside values. Some
/// providers' answers come from a server that an attacker can choose. A trap ends everything that the process serves.
/// So code under Functions, Shared and local-runner uses other forms, which do not trap (`prefix`, `suffix`,
/// `dropFirst` and `dropLast` trap only with a negative number):
///
/// - `prefix`, `suffix`, `dropFirst`, `dropLast`, `first`, `last` and `popLast`, and of Shared/Base/Base/Checked.swift
///   `bytes[at: index]`, `bytes[from: start, to: end]` and `text.cut(at: ":")`, instead of an index or a range;
/// - `Int(exactly:)`, `Int(clamping:)` and `UInt8(truncatingIfNeeded:)` instead of `Int(number)`;
/// - `guard let`, `??` and `throw` instead of `!`, `try!`, `as!` and `fatalError`;
/// - `Dictionary(pairs) { first, _ in first }` instead of `uniqueKeysWithValues:`.
///
/// An index is allowed if it is checked shortly before: `parts.count == 2` for `parts[1]`, `for index in
/// list.indices` for `list[index]`. If a line of such a form can't trap, for example because it gets no outside value,
/// TrapExceptions.swift lists the line with the reason. Sums and products are not searched for: a number from outside
/// is limited where it is read, or calculated with `addingReportingOverflow` and similar functions, as in `Timestamp`.
///
/// Demonstration gets no outside values and is not searched.
@Suite struct TrapTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Returns the Swift files in one of the searched folders.
    private static func files(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(".swift") }.map { folder + "/" + $0 }
            .filter { !$0.hasPrefix("local-runner/Demonstration/") }
    }

    @Test("Only the listed lines have a form that may trap", arguments: ["Functions", "Shared", "local-runner"])
    func nothingTrapsButWhatIsListed(_ folder: String) throws {
        let files = try Self.files(in: folder)
        #expect(!files.isEmpty)
        for file in files.sorted() {
            let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
            let allowed = Set(TrapException.all.filter { $0.file == file }.flatMap(\.lines))
            let found = TrapFinder(text).findings
            for finding in found where !allowed.contains(finding.line) {
                Issue.record("\(file):\(finding.number) may trap (\(finding.rule)): \(finding.line)")
            }
            let unused = allowed.subtracting(found.map(\.line))
            #expect(unused.isEmpty, "TrapExceptions.swift lists what \(file) no longer has")
        }
    }

    @Test("Every listed exception belongs to an existing file and has a reason")
    func exceptionsAreOfFilesThatThereAre() throws {
        let files = try ["Functions", "Shared", "local-runner"].flatMap(Self.files)
        for exception in TrapException.all {
            #expect(files.contains(exception.file) && !exception.reason.isEmpty && !exception.lines.isEmpty)
        }
        #expect(Set(TrapException.all.map(\.file)).count == TrapException.all.count)
    }

    private static let bad: [(String, TrapRule)] = [
        ("let a = b!", .force), ("f(x)!.y", .force), ("try! f()", .force), ("a as! B", .force), ("var a: B!", .force),
        ("fatalError()", .call), ("precondition(a > 0)", .call), ("Dictionary(uniqueKeysWithValues: a)", .call),
        ("bytes[..<4]", .slice), ("bytes[start...]", .slice), ("f(a)[0..<n]", .slice),
        ("self[a.start..<a.end]", .slice),
        ("bytes[0]", .index), ("text.utf8[i]", .index), ("a[position + 1]", .index), ("a[b.count]", .index),
        ("table[Int(byte)]", .index), ("rows[row][column]", .index), ("let x = \"\\(parts[1])\"", .index),
        ("let a = Int(seconds)", .conversion), ("UInt8(number)", .conversion), ("Int32(a.count)", .conversion),
        ("Int(number.rounded(.up))", .conversion), ("UInt16(port)", .conversion), ("Int(a * 1_000)", .conversion),
        ("queue.removeFirst()", .removal), ("a.removeLast(n)", .removal), ("a.remove(at: b)", .removal),
        ("text.index(after: a)", .step), ("text.index(a, offsetBy: 3)", .step),
        ("/* comment */ a[0] // b", .index), ("#\"raw \" text\"#; bytes[0]", .index),
    ]

    @Test("Code that may trap is found", arguments: bad) func findsWhatMayTrap(_ code: String, _ rule: TrapRule) {
        #expect(TrapFinder("let before = 1\n" + code).findings.map(\.rule).contains(rule), "\(code)")
        #expect(TrapFinder("let before = 1\n" + code).findings.allSatisfy { $0.number == 2 && $0.line == code })
    }

    private static let good = [
        "a != b", "!a && !b", "if !list.isEmpty {", "// bytes[0]!", "/* a[0..<1] */", "let a = \"x[0]!\"",
        "let a = #\"\"\"\n bytes[0]! \"x\"\n\"\"\"#\nlet b = 1", "bytes[...]", "members[name]", "json[\"a\"]?[\"b\"]",
        "counts[id, default: 0] += 1", "bytes[at: position]", "bytes[from: 0, to: 4]", "let a: [Int] = []",
        "[1, 2][...]",
        "guard parts.count == 2 else { return nil }\nlet a = parts[1]", "parts.count > 2 && parts[2] == a",
        "for index in list.indices {\n    list[index].a = b\n}", "while index < list.count {\n    f(list[index])\n}",
        "let place = list.firstIndex(of: a)\nlist[place] = b", "let ends: [Int32] = [-1, -1]\nclose(ends[1])",
        "try row[3] as String", "Int(exactly: a)", "UInt8(truncatingIfNeeded: a)", "Int32(clamping: a)",
        "UInt8(ascii: \"a\")",
        "guard let a = Int(text), a > 0 else { return }", "text.flatMap { Int($0) }", "Int(text) ?? 0",
        "Int(text, radix: 16)",
        "Int(byte >> 4)", "Int(sqlite3_column_int64(a, b))", "Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)",
        "guard !queue.isEmpty else { return }\nlet a = queue.removeFirst()", "a.remove(b)",
        "names.removeAll { $0 == a }",
        "text.index(a, offsetBy: 3, limitedBy: b)", "action + \"Result\"", "answer[action + \"Result\"]",
    ]

    @Test("Code that can't trap is accepted", arguments: good) func passesWhatDoesNot(_ code: String) {
        #expect(TrapFinder(code).findings.map(\.rule) == [], "\(code)")
    }

    /// A check must be about the same collection, for enough elements, and close to the use.
    @Test("A check of another collection, or one that is too far away, does not count")
    func aCheckOfSomethingElseIsNone() {
        let far = Array(repeating: "f()", count: 13).joined(separator: "\n")
        for code in [
            "guard others.count == 2 else { return }\nlet a = parts[1]",
            "guard parts.count == 1 else { return }\nf(parts[1])",
            "guard parts.count == 2 else { return }\n\(far)\nf(parts[1])",
            "for index in others.indices {\n  f(list[index])",
            "guard parts.count >= 2 else { return }\nf(parts[2])", "let a = [1, 2]\nf(a[2])",
        ] {
            #expect(TrapFinder(code).findings.map(\.rule) == [.index], "\(code)")
        }
    }
}
