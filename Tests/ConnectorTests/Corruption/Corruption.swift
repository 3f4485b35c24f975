import Base
import TestSupport

/// A fault of a provider: it changes one answer, but never into proof that a record is gone. A well-formed shorter list
/// would be such proof, and so would 404.
enum Corruption: CaseIterable {
    // Faults of the connection and of the answer as a whole.
    case cut, silent, truncated, empty, html, errorStatus, errorBody, partialData
    // Faults that leave the answer readable.
    case byteOrderMark, halfSurrogate, invalidText, duplicateMember, shuffled, repeatedEntry
    // Faults in the entries of a list.
    case nullEntry, wordEntry, emptyEntry, strippedEntry, nullMember, missingMember, numberMember, hugeNumber, nullList
    /// Sends the list's first page in place of another one.
    case repeatedPage

    /// True if all records can be read in every case. This is false for `shuffled`, because a numbered list seems to
    /// have moved if its order changes.
    var isReadable: Bool {
        switch self {
        case .byteOrderMark, .halfSurrogate, .invalidText, .duplicateMember: true
        default: false
        }
    }

    /// Returns an answer with the fault. `repeatedPage` needs other answers and leaves this one unchanged.
    func applied(to reply: FakeProvider.Reply, _ generator: inout SeededGenerator) -> FakeProvider.Reply {
        var reply = reply
        switch self {
        case .cut: return .cut
        case .silent: return .none
        case .truncated: reply.body = Array(reply.body.prefix(reply.body.count / 2))
        case .empty: reply.body = []
        case .html: return FakeProvider.Reply(text: "<html><body>Please sign in.</body></html>")
        case .errorStatus: reply.status = [400, 401, 403, 405, 500, 502, 503].randomElement(using: &generator) ?? 500
        case .errorBody:
            return .json([
                "error": ["code": 500, "message": "Internal error"], "errors": [["code": 500, "message": "Internal"]],
            ])
        case .byteOrderMark: reply.body = [0xEF, 0xBB, 0xBF] + reply.body
        case .halfSurrogate: reply.insert(#"\ud83c"#)
        case .invalidText: reply.insert("\u{1}")
        case .duplicateMember: reply.duplicateMember()
        case .partialData, .shuffled, .repeatedEntry, .nullEntry, .wordEntry, .emptyEntry, .strippedEntry, .nullMember,
            .missingMember, .numberMember, .hugeNumber, .nullList:
            if reply.body.first == UInt8(ascii: "<") {
                reply.body = changed(xml: reply.body, &generator)
            } else if let json = try? JSON(parsing: reply.body) {
                reply.body = JSONWriter.bytes(changed(json, &generator))
            }
        case .repeatedPage: break
        }
        return reply
    }

    // MARK: JSON

    private func changed(_ value: JSON, _ generator: inout SeededGenerator) -> JSON {
        let paths = value.listPaths
        guard let longest = paths.max(by: { $0.count < $1.count }) else { return value }
        // In at least half of the cases, the longest list is changed.
        let chosen = Bool.random(using: &generator) ? longest : paths.randomElement(using: &generator) ?? longest
        var changed = value.replacing(chosen.path[...]) { list in
            self == .nullList ? .null : .array(self.changed(list.array ?? [], &generator))
        }
        if self == .partialData, case .object(var members) = changed {
            members["errors"] = [["code": 500, "message": "Internal", "path": ["list", 0]]]
            changed = .object(members)
        }
        return changed
    }

    private func changed(_ items: [JSON], _ generator: inout SeededGenerator) -> [JSON] {
        var items = items
        let place = Int.random(in: items.indices, using: &generator)
        switch self {
        case .nullEntry, .partialData: items[place] = .null
        // In a list of strings, such as CrowdStrike's ids, another string would be as well-formed as the original.
        case .wordEntry: items[place] = items[place].string == nil ? .string("surprise") : .number(7.5)
        case .emptyEntry: items[place] = [:]
        case .shuffled: if items[place].string == nil { items.shuffle(using: &generator) }
        case .repeatedEntry: items.insert(items[place], at: place)
        default:
            guard case .object(var members) = items[place],
                let name = members.keys.sorted().randomElement(using: &generator)
            else { return items }
            switch self {
            case .strippedEntry:
                members = members.filter { ["id", "uuid", "uid", "device_id", "key", "accountId"].contains($0.key) }
            case .nullMember: members[name] = .null
            case .missingMember: members[name] = nil
            case .numberMember: members[name] = .number(-1.5)
            default: members[name] = .number(1e300)
            }
            items[place] = .object(members)
        }
        return items
    }

    // MARK: XML

    /// Returns the document with one change in one of its entries, `<member>…</member>`, or in a leaf.
    private func changed(xml body: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        let entries = text.ranges(of: /<member>(?:(?!<member>).)*?<\/member>/.dotMatchesNewlines())
        guard let entry = entries.randomElement(using: &generator) else { return body }
        let leaves = text[entry].ranges(of: /<(\w+)>[^<]*<\/\w+>/)
        let replacement: String
        switch self {
        case .nullEntry, .partialData, .nullList: replacement = "<member/>"
        case .wordEntry: replacement = "<member>surprise</member>"
        case .emptyEntry: replacement = "<member></member>"
        case .repeatedEntry: replacement = String(text[entry] + text[entry])
        case .shuffled: return body
        default:
            guard let leaf = leaves.randomElement(using: &generator) else { return body }
            let name = text[leaf].dropFirst().prefix { $0 != ">" }
            let other = self == .missingMember ? "" : self == .nullMember ? "<\(name)/>" : "<\(name)><x/></\(name)>"
            return Array((text[..<leaf.lowerBound] + other + text[leaf.upperBound...]).utf8)
        }
        return Array((text[..<entry.lowerBound] + replacement + text[entry.upperBound...]).utf8)
    }
}

extension FakeProvider.Reply {
    private var text: String? {
        let text = String(decoding: body, as: UTF8.self)
        return text.hasPrefix("{") || text.hasPrefix("[") ? text : nil
    }

    /// Inserts text at the first space of a JSON body, which is within a name or another text, not within an id.
    fileprivate mutating func insert(_ insertion: String) {
        guard let text, let space = text.firstIndex(of: " ") else { return }
        body = Array((text[..<space] + insertion + text[space...]).utf8)
    }

    /// Duplicates the first member of the first entry, with null as the first value.
    fileprivate mutating func duplicateMember() {
        guard let text, let entry = text.firstRange(of: /\[\{"\w+":/) else { return }
        let name = text[entry].dropFirst(2)
        body = Array((text[..<entry.lowerBound] + "[{\(name)null," + name + text[entry.upperBound...]).utf8)
    }
}

extension JSON {
    /// A step from a value to one of its parts.
    enum Step: Hashable {
        case member(String)
        case element(Int)
    }

    fileprivate typealias ListPath = (path: [Step], count: Int)

    /// The non-empty lists in the value, with their paths and lengths.
    fileprivate var listPaths: [ListPath] {
        switch self {
        case .array(let elements):
            let inner = elements.enumerated().flatMap { index, element -> [ListPath] in
                element.listPaths.map { (path: [.element(index)] + $0.path, count: $0.count) }
            }
            return elements.isEmpty ? [] : [(path: [], count: elements.count)] + inner
        case .object(let members):
            return members.sorted { $0.key < $1.key }.flatMap { name, member -> [ListPath] in
                member.listPaths.map { (path: [.member(name)] + $0.path, count: $0.count) }
            }
        default: return []
        }
    }

    /// Returns the value with the part at the end of a path changed.
    fileprivate func replacing(_ path: ArraySlice<Step>, by change: (JSON) -> JSON) -> JSON {
        switch (path.first, self) {
        case (.member(let name)?, .object(var members)):
            members[name] = members[name]?.replacing(path.dropFirst(), by: change)
            return .object(members)
        case (.element(let index)?, .array(var elements)) where elements.indices.contains(index):
            elements[index] = elements[index].replacing(path.dropFirst(), by: change)
            return .array(elements)
        default: return change(self)
        }
    }
}
