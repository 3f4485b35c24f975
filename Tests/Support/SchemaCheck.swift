public import Base
import Foundation

/// Checks values against schemas of the API's declarations. It knows the keywords of `JSONSchema`, and reports every
/// other keyword as a problem, so that no constraint goes unchecked.
public struct SchemaCheck {
    /// The ways in which a value does not match its schema, with the place of each.
    public private(set) var problems: [String] = []
    /// The declared members that have occurred, such as `findings[].title`.
    public private(set) var seen: Set<String> = []

    private static let annotations: Set<String> = ["description", "examples", "default"]

    /// Checks a value.
    public init(_ value: JSON, _ schema: JSON) { check(value, schema, "") }

    /// Returns the members that a schema declares, such as `findings[].title`.
    public static func members(of schema: JSON, _ place: String = "") -> Set<String> {
        var members: Set<String> = []
        for (name, member) in schema["properties"]?.object ?? [:] {
            let path = place.isEmpty ? name : place + "." + name
            members.insert(path)
            members.formUnion(self.members(of: member, path))
        }
        if let items = schema["items"] { members.formUnion(self.members(of: items, place + "[]")) }
        return members
    }

    private mutating func check(_ value: JSON, _ schema: JSON, _ place: String) {
        guard let keywords = schema.object else { return fail(place, "the schema is not an object") }
        if let type = keywords["type"] {
            let types = type.array ?? [type]
            guard types.contains(where: { Self.has($0.string ?? "", value) }) else {
                return fail(place, "\(Self.text(value)) is not of type \(Self.text(type))")
            }
        }
        for (keyword, argument) in keywords where keyword != "type" && !Self.annotations.contains(keyword) {
            check(value, keyword, argument, keywords, place)
        }
    }

    private mutating func check(
        _ value: JSON, _ keyword: String, _ argument: JSON, _ keywords: [String: JSON], _ place: String
    ) {
        let isMet: Bool
        switch (keyword, value) {
        case ("enum", _): isMet = argument.array?.contains(value) ?? false
        case ("minimum", .integer(let number)): isMet = number >= argument.integer ?? .max
        case ("maximum", .integer(let number)): isMet = number <= argument.integer ?? .min
        case ("minLength", .string(let text)): isMet = text.unicodeScalars.count >= argument.integer ?? .max
        case ("maxLength", .string(let text)): isMet = text.unicodeScalars.count <= argument.integer ?? .min
        case ("pattern", .string(let text)): isMet = Self.matches(text, argument.string ?? "")
        case ("format", .string(let text)): isMet = Self.has(format: argument.string ?? "", text)
        case ("items", .array(let elements)):
            for element in elements { check(element, argument, place + "[]") }
            return
        case ("properties", .object(let members)):
            for (name, schema) in argument.object ?? [:] {
                guard let member = members[name] else { continue }
                let path = place.isEmpty ? name : place + "." + name
                seen.insert(path)
                check(member, schema, path)
            }
            return
        case ("required", .object(let members)):
            for name in argument.array?.compactMap(\.string) ?? [] where members[name] == nil {
                fail(place, "\(name) is missing")
            }
            return
        case ("additionalProperties", .object(let members)):
            guard argument == false else { return }
            let declared = keywords["properties"]?.object ?? [:]
            for name in members.keys.sorted() where declared[name] == nil { fail(place, "\(name) is not declared") }
            return
        case ("enum", _), ("minimum", _), ("maximum", _), ("minLength", _), ("maxLength", _), ("pattern", _),
            ("format", _), ("items", _), ("properties", _), ("required", _),
            ("additionalProperties", _):
            return
        default: return fail(place, "the keyword \(keyword) is not known here")
        }
        if !isMet { fail(place, "\(Self.text(value)) does not match \(keyword) \(Self.text(argument))") }
    }

    private mutating func fail(_ place: String, _ problem: String) {
        problems.append((place.isEmpty ? "" : place + ": ") + problem)
    }

    private static func has(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number),
            ("string", .string), ("array", .array), ("object", .object):
            true
        default: false
        }
    }

    private static func has(format: String, _ text: String) -> Bool {
        switch format {
        case "uuid": matches(text, "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
        case "date-time": matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
        case "uri": matches(text, "^https?://[!-~]+$")
        case "email": matches(text, #"^[!-?A-~]{1,64}@([a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+$"#)
        default: false
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        // In ECMA-262, $ matches only at the end of the text; here it would match before a last line break too.
        let pattern = pattern.hasSuffix("$") ? String(pattern.dropLast()) + "\\z" : pattern
        return text.range(of: pattern, options: .regularExpression) != nil
    }

    private static func text(_ value: JSON) -> String {
        String(String(decoding: JSONWriter.bytes(value), as: UTF8.self).prefix(200))
    }
}
