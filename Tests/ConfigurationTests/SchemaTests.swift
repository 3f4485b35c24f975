import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// The JSON Schema of wrangler-like.json, and the extensions of JSON that the reader allows.
@Suite struct SchemaTests {
    private static let python = ProcessInfo.processInfo.environment["THALIAN_PYTHON"]
    private static let schema = BuiltProducts.project + "/local-runner/wrangler-like.schema.json"
    private static let configuration = BuiltProducts.project + "/wrangler-like.json"

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    @Test("The schema has the keys and words that the reader knows")
    func keys() throws {
        let schema = try JSON(parsing: bytes(Self.schema))
        func keys(_ node: JSON?) -> Set<String>? { node?["properties"]?.object.map { Set($0.keys) } }
        func words(_ node: JSON?) -> [String]? { node?["enum"]?.array?.compactMap(\.string) }
        let definitions = schema["$defs"]
        #expect(keys(schema) == Set(ConfigurationKeys.top))
        #expect(keys(definitions?["environment"]) == Set(ConfigurationKeys.environment))
        #expect(keys(schema["properties"]?["dev"]) == Set(ConfigurationKeys.dev))
        #expect(keys(schema["properties"]?["secrets"]) == Set(ConfigurationKeys.secrets))
        #expect(keys(schema["properties"]?["triggers"]) == Set(ConfigurationKeys.triggers))
        #expect(keys(definitions?["limits"]) == Set(ConfigurationKeys.limits))
        #expect(keys(definitions?["function"]) == Set(ConfigurationKeys.function))
        #expect(keys(definitions?["cron"]) == Set(ConfigurationKeys.cron))
        let function = definitions?["function"]?["properties"]
        #expect(words(function?["dispatch"]) == Dispatch.allCases.map(\.rawValue))
        #expect(words(function?["credentials"]) == Credentials.allCases.map(\.rawValue))
        #expect(words(function?["methods"]?["items"]) == ConfigurationReader.methods)
    }

    @Test("The shipped configuration names the schema")
    func named() throws {
        let name = try #require(try JSON(parsing: bytes(Self.configuration))["$schema"]?.string)
        #expect(URL(filePath: BuiltProducts.project).appending(path: name).standardized.path == Self.schema)
    }

    @Test(
        "The shipped configuration is valid by the schema, and copies with a mistake are not",
        .enabled(if: python != nil, "Tests/run sets THALIAN_PYTHON up"))
    func valid() throws {
        let script = """
            import json, sys
            import jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            configuration = json.load(open(sys.argv[2]))
            errors = [error.message for error in validator.iter_errors(configuration)]
            assert not errors, errors
            for change in [
                lambda c: c.update(functoins=[]),
                lambda c: c["functions"][0].update(dispatch="isolate"),
                lambda c: c["functions"][0].pop("route"),
                lambda c: c["limits"].update(timeout_ms=0),
                lambda c: c.update(env={"production": {"env": {}}}),
            ]:
                wrong = json.loads(json.dumps(configuration))
                change(wrong)
                assert not validator.is_valid(wrong), wrong
            """
        let process = try PipedProgram(
            try #require(Self.python), arguments: ["-c", script, Self.schema, Self.configuration], environment: [:])
        #expect(try process.waitForEnd() == 0, "\(String(decoding: process.errors, as: UTF8.self))")
    }

    @Test(
        "Comments and trailing commas are allowed",
        arguments: [
            (#"{"a": 1, // one"# + "\n" + #""b": [1, 2,], /* two */ }"#, #"{"a":1,"b":[1,2]}"#),
            (
                #"{"a": "// no comment, /* neither */", "b": "\",]"}"#,
                #"{"a":"// no comment, /* neither */","b":"\",]"}"#
            ),
            (#"/**/[/* * / **/1 , /* , */ // ]"# + "\r\n]//", "[1]"), (#"["\\",]"#, #"["\\"]"#), ("{}", "{}"),
        ])
    func comments(_ text: String, _ expected: String) throws {
        let plain = CommentedJSON.plain(Array(text.utf8))
        #expect(plain.count == text.utf8.count)
        #expect(try JSON(parsing: plain) == JSON(parsing: Array(expected.utf8)))
    }

    @Test(
        "Other deviations from JSON are refused",
        arguments: ["[,]", "{,}", "[1,,]", "[1] /*", "[1] /", "{\"a\":,}", "[1 # one\n]", "\"", "\"\\", "[\"a\\"])
    func refused(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: CommentedJSON.plain(Array(text.utf8))) }
    }

    @Test("An error after a comment is reported with its line and column")
    func place() {
        let text = "{\n  // comment\n  \"name\": \"a\", /* b */ x\n}"
        var description = ""
        do {
            _ = try ConfigurationReader.read(Array(text.utf8), file: "f", environment: nil, local: LocalValues())
        } catch {
            description = error.description
        }
        #expect(description.contains("line 3, column 24"), "\(description)")
    }
}
