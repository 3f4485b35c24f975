import Base

/// The OpenAPI document of a configuration's functions. It is put together from the parts that the executables print
/// with `--describe`, which contain everything except the route and what applies to all operations.
struct OpenAPIDocument {
    /// The name of the file that a build or a package puts next to the executables. `readers` read it.
    static let fileName = "openapi.json"
    /// The functions that serve the file.
    static let readers = ["api-openapi"]

    /// The document.
    let json: JSON

    /// Runs the executables in `folder`. Scheduled functions have no route, so they are left out.
    ///
    /// - Throws: `Failure` if an executable is missing or prints no description.
    init(_ configuration: Configuration, folder: String) throws {
        var paths: [String: JSON] = [:]
        var components: [String: JSON] = [:]
        for function in configuration.functions where !function.methods.isEmpty {
            let program = "\(folder)/\(function.function)"
            guard let output = ProgramOutput.of(program, ["--describe"]), output.status == 0,
                let part = try? JSON(parsing: output.text.utf8), let path = part["path"]?.object, !path.isEmpty
            else {
                throw Failure("\(program) does not describe itself; build it with local-runner/dev --build-only")
            }
            paths[function.route] = .object(path)
            for (kind, values) in part["components"]?.object ?? [:] {
                components[kind] = .object(
                    (components[kind]?.object ?? [:]).merging(values.object ?? [:]) { first, _ in first })
            }
        }
        json = [
            "openapi": "3.1.0", "info": Self.info(configuration), "servers": [["url": "/"]], "paths": .object(paths),
            "components": .object(components),
        ]
    }

    private static func info(_ configuration: Configuration) -> JSON {
        [
            "title": "Thalian API", "version": .string(configuration.compatibilityDate),
            "description": """
            Shows security teams who has access to what across their platforms, what is wrong with it, and how to \
            fix it. Every error is an object with one sentence. Inputs that are not declared are refused.
            """,
        ]
    }

    /// The bytes of the file.
    var bytes: [UInt8] { JSONWriter.bytes(json) + [UInt8(ascii: "\n")] }
}

extension Verb {
    static let openAPI = Verb(
        "openapi", "Prints the OpenAPI document of the configuration's functions.",
        details: """
            The document consists of the parts that the executables in this program's own folder print with --describe.
            A build keeps it in openapi.json next to the executables, where the function api-openapi reads it.
            """,
        options: [
            Option("--config", "FILE", "the configuration file; default: wrangler-like.json in this folder or above"),
            Option("--env", "NAME", "the environment, an entry of \"env\" in the configuration"),
        ]
    ) { arguments in
        let project = try Project(arguments)
        let document = try OpenAPIDocument(project.configuration(), folder: try project.functionsFolder)
        try Terminal.say(String(decoding: JSONWriter.bytes(document.json), as: UTF8.self))
        return 0
    }
}
