import Base
import Function
import HTTP
import TestSupport
import Testing

@testable import api_mcp_findings_snooze

/// The handlers accept exactly the inputs that the declarations allow. Each input of each operation gets many values:
/// the edges of its own declaration, and values of other types. For each value, the declared schema and the handler must
/// agree.
@Suite(.usesStore) struct InputEdgesTests {
    private let store: TestStore

    init() throws { store = try TestStore(filled: true) }

    @Test("A handler accepts what its declaration allows, and nothing else") func edges() throws {
        var (accepted, refused) = (0, 0)
        for operation in Operation.all {
            let declared = try #require(
                DeclaredOperation.all(of: operation.function).first { $0.method == operation.method })
            for input in declared.inputs
            where input.name != "workspaceId" && input.isInQuery == (operation.method == "GET") {
                for value in values(for: input.schema, isText: input.isInQuery) {
                    // Some inputs of execute-action are required unless actionId is given, which no schema says.
                    guard operation.name != "execute-action" || value != .null else { continue }
                    guard let (call, read) = call(operation, input.name, value, input.schema) else { continue }
                    let reply = store.send(call, to: operation.function)
                    let isAllowed = SchemaCheck(read, input.schema).problems.isEmpty
                    let error = reply.status == 400 ? reply.error ?? "" : ""
                    let isRefused = error.hasPrefix("\(input.name) must be ") || error == "\(input.name) is required."
                    let text = String(decoding: JSONWriter.bytes(value), as: UTF8.self).prefix(80)
                    // A handler may refuse a well-formed value for another reason, such as a cursor of another list.
                    let hasOtherReason = isAllowed && declared.describes(error)
                    #expect(
                        isRefused == !isAllowed || hasOtherReason,
                        "\(operation) \(input.name) \(text): \(reply.status) \(error)")
                    if isAllowed { accepted += 1 } else { refused += 1 }
                }
            }
        }
        #expect(accepted > 150 && refused > 150)
    }

    @Test("A whole number may have a fraction of zeros or an exponent") func wholeNumbers() throws {
        for (text, status) in [("7.0", 200), ("7e0", 200), ("7.5", 400), ("0.0", 400), ("1e99", 400)] {
            let finding = try store.own.addFinding("high")
            var call = Call("POST").key(store.own.writeKey)
            call.body = .bytes(Array(#"{"findingId":"\#(finding)","days":\#(text)}"#.utf8))
            #expect(store.send(call, to: SnoozeFunction.self).status == status, "\(text)")
        }
    }

    /// Returns the call with another value of an input, and the value as the schema sees it. Returns nil if a query
    /// can't contain the value.
    private func call(_ operation: Operation, _ name: String, _ value: JSON, _ schema: JSON) -> (Call, JSON)? {
        var operation = operation
        guard operation.method == "GET" else {
            operation.fields[name] = value
            return (operation.goodCall(store), value)
        }
        guard let text = value.string else { return nil }
        let others = operation.query.split(separator: "&").filter { !$0.hasPrefix(name + "=") }.map(String.init)
        operation.query = (others + ["\(name)=\(PercentEncoding.encode(text))"]).joined(separator: "&")
        let read: JSON =
            switch schema["type"]?.string ?? "" {
            case "integer": Int(text).map { String($0) == text ? .integer($0) : value } ?? value
            default: value
            }
        return (operation.goodCall(store), read)
    }

    /// Returns values of all types, and values at and beyond the edges of a schema. If `isText` is true, all of them are
    /// texts.
    private func values(for schema: JSON, isText: Bool) -> [JSON] {
        var texts = [
            "", "x", "a b", "true", "TRUE", "0", "-1", "1.5", "null", "á\u{65E5}\u{1F600}", "line\nline", "tab\tstop",
            "nul\u{0}", "del\u{7F}", "c1\u{85}", "a@b", "a@example.com", "a@@example.com", "AAAA", "AAA=", "AA==",
            "A===",
            "AAAA\n", "5F0C8D4E-3B1A-4C7D-9E2F-6A8B0C1D2E3F", "5f0c8d4e-3b1a-4c7d-9e2f-6a8b0c1d2e3f",
            "5f0c8d4e3b1a4c7d9e2f6a8b0c1d2e3f", "high,low", " high , low", "high,", ",", "hi gh", "high,none",
        ]
        for length in [schema["minLength"], schema["maxLength"]].compactMap({ $0?.integer }) {
            for count in [length - 1, length, length + 1] where count >= 0 {
                texts.append(String(repeating: "\u{E9}", count: count))
            }
        }
        var numbers = [0, -1, .max]
        for edge in [schema["minimum"], schema["maximum"]].compactMap({ $0?.integer }) {
            numbers += [edge - 1, edge, edge + 1]
        }
        let names = schema["enum"]?.array?.compactMap(\.string) ?? []
        texts += names + names.map { $0 + "x" } + [names.joined(separator: ",")]
        if isText { return (texts + numbers.map(String.init)).map(JSON.string) }
        let others: [JSON] = [.null, true, false, .number(1.5), [], ["high"], [:], ["a": 1]]
        return texts.map(JSON.string) + numbers.map(JSON.integer) + others
    }
}

extension DeclaredOperation {
    /// Returns true if a sentence is one of the operation's declared examples of a 400 for inputs that match their
    /// schemas.
    fileprivate func describes(_ sentence: String) -> Bool {
        (declaration["responses"]?["400"]?["content"]?["application/json"]?["examples"]?.object ?? [:]).contains {
            !["input.missing", "input.malformed"].contains($0.key) && $0.value["value"]?["error"]?.string == sentence
        }
    }
}
