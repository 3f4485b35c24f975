import Base
import Glibc

extension Verb {
    static let invoke = Verb(
        "invoke", operands: "FUNCTION", "Runs one function once and prints its response.",
        details: """
            FUNCTION is a function's name or route, such as api-health or /api/health. The function gets an event
            on standard input, as on a FaaS platform: the one in --event, or one made from the other options. A
            scheduled function gets the event of its cron trigger. The exit status is 0 if the response's status is
            below 500, and 1 otherwise.
            """,
        options: [
            Option("--event", "FILE", "the file with the event's JSON; - is standard input"),
            Option("--method", "METHOD", "the request's method; default: the function's first"),
            Option("--path", "PATH", "the request's path and query; default: the function's route"),
            Option("--header", "'NAME: VALUE'", "a header field; may be given several times"),
            Option("--body", "TEXT", "the request's body; @FILE reads it from a file"),
        ] + Option.configuration
    ) { arguments in
        let name = try arguments.operand("FUNCTION, a function's name or route,")
        let project = try Project(arguments)
        // Reading the configuration with its secrets may create .dev.vars, so the arguments are checked before.
        let declared = try project.configuration()
        let event = try event(arguments, try function(name, in: declared), declared)
        let function = try function(name, in: project.configuration(needsSecrets: true))
        let outcome = OneShot.run(
            function, event: event, functionsDirectory: try project.functionsFolder, log: RunnerLog())
        switch outcome {
        case .answered(let bytes): return try show(bytes, function)
        case .timedOut:
            throw Failure("\(name) exceeded its time limit of \(function.limits.timeoutMilliseconds) ms")
        case .tooLarge: throw Failure("\(name) wrote more than \(OneShot.maximumResponse) bytes")
        case .failed(let status, _): throw Failure("\(name) ended with status \(status) without a response")
        case .notStarted(let code):
            throw Failure("\(name) can't be started: \(String(cString: strerror(code))); is it built?")
        }
    }

    /// Returns the function with a name or route. Throws `UsageError` if there is none.
    private static func function(
        _ name: String, in configuration: Configuration
    ) throws(UsageError) -> FunctionConfiguration {
        let known = configuration.functions
        guard let function = known.first(where: { $0.function == name || $0.route == name }) else {
            throw UsageError("there is no function \(name); \(NearestWord.advice(name, known.map(\.function)))")
        }
        return function
    }

    private static func event(
        _ arguments: Arguments, _ function: FunctionConfiguration, _ configuration: Configuration
    ) throws -> [UInt8] {
        if let file = arguments["--event"] {
            if file == "-" { return try File.read(STDIN_FILENO, "standard input") }
            return try File.read(file)
        }
        let trigger = configuration.crons.first { $0.function == function.function }
        if function.methods.isEmpty, let trigger {
            return ScheduledEvent(cron: trigger.cron.description, time: .now).bytes
        }
        var headers: [(name: String, value: String)] = []
        for field in arguments.all("--header") {
            guard let (name, value) = field.cut(at: ":"), !name.isEmpty else {
                throw UsageError("--header \(field): must be NAME: VALUE")
            }
            headers.append((String(name), String(value.drop { $0 == " " })))
        }
        var body: [UInt8] = []
        if let text = arguments["--body"] {
            body = text.hasPrefix("@") ? try File.read(String(text.dropFirst())) : Array(text.utf8)
            if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                headers.append(("content-type", "application/json"))
            }
        }
        let routes = configuration.functions.map(\.route)
        if let path = arguments["--path"]?.prefix(while: { $0 != "?" }), !routes.contains(String(path)) {
            Terminal.printError(
                "warning: the configuration has no route \(path), so no request would reach the function with it"
                    + (NearestWord.nearest(to: String(path), in: routes).map { "; did you mean \($0)?" } ?? ""))
        }
        let request = RequestEvent.make(
            method: arguments["--method"] ?? function.methods.first ?? "GET",
            target: arguments["--path"] ?? function.route, headers: headers, body: body)
        return JSONWriter.bytes(request)
    }

    /// Prints the response's status line, headers and body. Returns the exit status: 0 if the response's status is
    /// below 500, otherwise 1.
    private static func show(_ bytes: [UInt8], _ function: FunctionConfiguration) throws -> Int32 {
        guard let response = try? JSON(parsing: bytes), let status = response["statusCode"]?.integer else {
            throw Failure(
                "\(function.function) wrote no valid response; its output must be one JSON object with a statusCode")
        }
        try Terminal.say("HTTP/1.1 \(status)")
        for (name, value) in (response["headers"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            try Terminal.say("\(name): \(value.string ?? "")")
        }
        for cookie in response["cookies"]?.array ?? [] { try Terminal.say("set-cookie: \(cookie.string ?? "")") }
        try Terminal.say()
        let text = response["body"]?.string ?? ""
        let body = response["isBase64Encoded"] == true ? Base64.standard.decode(text) ?? [] : Array(text.utf8)
        guard body.isEmpty || File.write(STDOUT_FILENO, body[...] + [UInt8(ascii: "\n")]) else {
            throw FileError(path: "standard output", code: errno)
        }
        return status < 500 ? 0 : 1
    }
}
