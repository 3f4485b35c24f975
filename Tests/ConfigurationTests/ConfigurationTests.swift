import Base
import TestSupport
import Testing

@testable import local_runner

@Suite struct ConfigurationTests {
    /// A valid document, in parts that tests replace.
    private static let parts: [(key: String, json: String)] = [
        ("name", #""thalian""#),
        ("compatibility_date", #""2026-04-15""#),
        ("vars", #"{"LIMIT": "5", "EMPTY": ""}"#),
        ("secrets", #"{"required": ["TOKEN_SECRET"]}"#),
        ("dev", #"{"ip": "127.0.0.1", "port": 8788}"#),
        ("limits", #"{"timeout_ms": 1000, "memory_mb": 128}"#),
        (
            "functions",
            #"""
            [{"route": "/api/health", "function": "api-health", "methods": ["GET"], "bindings": ["DATABASE_URL"]},
             {"route": "/api/keys", "function": "api-keys", "methods": ["GET", "POST"], "dispatch": "reuse",
              "bindings": ["LIMIT", "TOKEN_SECRET"], "limits": {"timeout_ms": 50, "concurrency": 2}},
             {"route": "/scheduled/tidy", "function": "tidy", "methods": []}]
            """#
        ),
        ("triggers", #"{"crons": [{"cron": "17 * * * *", "function": "tidy"}]}"#),
        ("env", #"{"staging": {"vars": {"LIMIT": "9"}, "secrets": {"required": ["TOKEN_SECRET"]}}}"#),
    ]

    private static let local = LocalValues(
        devVars: DevVars(values: [
            "TOKEN_SECRET": Secret("hush"), "CONFIRMATION_SECRET": Secret("short"),
            "STRIPE_WEBHOOK_SECRET": Secret("short"), "SUPABASE_JWT_SECRET": Secret("short"),
            "EXPORT_CURSOR_SECRET": Secret("short"), "AUDIT_SIGNING_KEY": Secret("0a0b"),
        ]), defaults: ["DATABASE_URL": "sqlite:here"])

    private func read(
        _ replaced: [String: String?] = [:], environment: String? = nil, local: LocalValues = local
    ) throws -> Configuration {
        var members = Self.parts.compactMap { key, json in
            (replaced[key] ?? json).map { "\"\(key)\": \($0)" }
        }
        for (key, json) in replaced where !Self.parts.contains(where: { $0.key == key }) {
            members.append("\"\(key)\": \(json ?? "null")")
        }
        return try ConfigurationReader.read(
            Array("{\(members.joined(separator: ",\n"))}".utf8), file: "f", environment: environment,
            local: local)
    }

    private func problems(
        _ replaced: [String: String?] = [:], environment: String? = nil, local: LocalValues = local
    ) -> [String] {
        do {
            _ = try read(replaced, environment: environment, local: local)
            return []
        } catch {
            return (error as? ConfigurationError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    private func environment(_ function: FunctionConfiguration) -> [String: String] {
        Dictionary(function.environment.map { ($0.name, $0.value.reveal { $0 }) }) { $1 }
    }

    @Test("A group of bindings stands for the variables of its list") func groupsOfBindings() throws {
        let functions = #"""
            [{"route": "/a", "function": "a", "methods": ["GET"], "bindings": ["@common", "TOKEN_SECRET", "LIMIT"]}]
            """#
        let configuration = try read([
            "binding_groups": #"{"common": ["DATABASE_URL", "LIMIT"]}"#, "functions": functions, "triggers": "{}",
        ])
        #expect(configuration.functions.first?.environment.map(\.name) == ["DATABASE_URL", "LIMIT", "TOKEN_SECRET"])
        let found = problems([
            "binding_groups": #"{"comon": ["DATABSE_URL"]}"#, "functions": functions, "triggers": "{}",
        ])
        #expect(
            found.map { String($0.prefix { $0 != ";" }) } == [
                "binding_groups.comon[0]: DATABSE_URL is neither in \"vars\" nor in \"secrets\"",
                "functions[0].bindings[0]: @common is not in \"binding_groups\"",
            ], "\(found)")
    }

    @Test("A configuration is resolved to functions, variables, limits and triggers") func resolvesEverything() throws {
        let configuration = try read()
        #expect(configuration.name == "thalian")
        #expect(configuration.listen == ListenAddress(ip: "127.0.0.1", port: 8788))
        let functions = configuration.functions
        #expect(functions.map(\.route) == ["/api/health", "/api/keys", "/scheduled/tidy"])
        #expect(functions.map(\.dispatch) == [.isolated, .reuse, .isolated])
        #expect(functions.map(\.methods) == [["GET"], ["GET", "POST"], []])
        #expect(functions.map(\.limits.timeoutMilliseconds) == [1000, 50, 1000])
        #expect(functions.map(\.limits.concurrency) == [8, 2, 8])
        #expect(functions.map(\.limits.memoryMegabytes) == [128, 128, 128])
        #expect(
            functions.map(environment) == [
                ["DATABASE_URL": "sqlite:here"], ["LIMIT": "5", "TOKEN_SECRET": "hush"], [:],
            ])
        #expect(configuration.crons.map(\.function) == ["tidy"])
        #expect(configuration.crons.map(\.cron.description) == ["17 * * * *"])
    }

    @Test("Only the name and the functions are required") func needsNoMoreThanNameAndFunctions() throws {
        let others = Self.parts.map(\.key).filter { $0 != "name" && $0 != "functions" }
        var replaced: [String: String?] = ["functions": "[]"]
        for key in others { replaced.updateValue(nil, forKey: key) }
        let configuration = try read(replaced)
        #expect(configuration.listen == ListenAddress(ip: "127.0.0.1", port: 8788))
        replaced.updateValue(nil, forKey: "name")
        replaced.updateValue(nil, forKey: "functions")
        #expect(problems(replaced) == ["\"name\" is missing; add it.", "\"functions\" is missing; add it."])
    }

    @Test(
        "An invalid member of the file is reported with its place and the reason",
        arguments: [
            ("nmae", "1", #"nmae: unknown key; did you mean "name"?"#),
            ("name", "7", "name: is a number; it must be a string"),
            ("name", #""Thalian API""#, "name: \"Thalian API\" must be lower-case"),
            ("name", #""""#, "name: is empty"),
            ("compatibility_date", #""2026-02-30""#, "compatibility_date: \"2026-02-30\" is not a date"),
            ("vars", #"["A"]"#, "vars: is an array; it must be an object"),
            ("vars", #"{"LIMIT": 5}"#, "vars.LIMIT: is a number; it must be a string in double quotes."),
            ("vars", #"{"LIMIT": "", "1A": "x"}"#, "vars.1A: \"1A\" is not a variable name"),
            (
                "vars", #"{"LIMIT": "", "FUNCTION_DISPATCH": "x"}"#,
                "vars.FUNCTION_DISPATCH: FUNCTION_DISPATCH is reserved"
            ),
            (
                "vars", #"{"LIMIT": "", "TOKEN_SECRET": "x"}"#,
                "secrets.required[0]: TOKEN_SECRET is also a variable (vars"
            ),
            ("secrets", #"["TOKEN_SECRET"]"#, "secrets: is an array; it must be an object"),
            ("secrets", #"{"requird": []}"#, #"secrets.requird: unknown key; did you mean "required"?"#),
            (
                "secrets", #"{"required": ["TOKEN_SECRET", "TOKEN_SECRET"]}"#,
                "secrets.required[1]: \"TOKEN_SECRET\" is twice"
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET", "B_KEY"]}"#,
                "secrets.required[1]: secret B_KEY has no value; add"
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET", "TOKEN_SECRT"]}"#,
                "but .dev.vars has TOKEN_SECRET; did you mean"
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET"], "optional": ["CONFIRMATION_SECRET"]}"#,
                ".dev.vars: secret CONFIRMATION_SECRET has fewer than 32 bytes; make one with: echo "
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET", "SUPABASE_JWT_SECRET"]}"#,
                ".dev.vars: secret SUPABASE_JWT_SECRET has fewer than 32 bytes; make one with: echo "
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET"], "optional": ["EXPORT_CURSOR_SECRET"]}"#,
                ".dev.vars: secret EXPORT_CURSOR_SECRET has fewer than 32 bytes; make one with: echo "
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET"], "optional": ["STRIPE_WEBHOOK_SECRET"]}"#,
                ".dev.vars: secret STRIPE_WEBHOOK_SECRET has fewer than 32 bytes; make one with: echo "
            ),
            (
                "secrets", #"{"required": ["TOKEN_SECRET", "AUDIT_SIGNING_KEY"]}"#,
                ".dev.vars: secret AUDIT_SIGNING_KEY is not 32 bytes in hexadecimal; make one with: echo "
            ),
            ("dev", #"{"ip": "localhost"}"#, "dev.ip: \"localhost\" is not an IP address"),
            ("dev", #"{"port": 65536}"#, "dev.port: is 65536; it must be a whole number from 0 to 65535"),
            ("dev", #"{"prot": 1}"#, #"dev.prot: unknown key; did you mean "port"?"#),
            ("limits", #"{"timeout": 1}"#, #"limits.timeout: unknown key; did you mean "timeout_ms"?"#),
            (
                "limits", #"{"timeout_ms": 0}"#,
                "limits.timeout_ms: is 0; it must be a whole number from 1 to 900000"
            ),
            ("limits", #"{"concurrency": 1.5}"#, "limits.concurrency: is a number; it must be a whole number"),
            ("limits", #"{"memory_mb": 1}"#, "limits.memory_mb: is 1"),
            ("limits", #"{"max_body_bytes": -1}"#, "limits.max_body_bytes: is -1"),
            ("functions", "{}", "functions: is an object; it must be an array"),
            ("triggers", #"{"cron": []}"#, #"triggers.cron: unknown key; did you mean "crons"?"#),
            (
                "triggers", #"{"crons": [{"cron": "60 * * * *", "function": "tidy"}]}"#,
                "triggers.crons[0].cron: minute"
            ),
            (
                "triggers", #"{"crons": [{"cron": "0 0 30 2 *", "function": "tidy"}]}"#,
                "triggers.crons[0].cron: never"
            ),
            ("triggers", #"{"crons": [{"function": "tidy"}]}"#, "triggers.crons[0].cron: is missing"),
            (
                "triggers", #"{"crons": [{"cron": "* * * * *", "function": "tdiy"}]}"#,
                "triggers.crons[0].function: \"tdiy\" is not in \"functions\"; did you mean \"tidy\"?"
            ),
            (
                "triggers",
                #"{"crons": [{"cron": "1 * * * *", "function": "tidy"}, {"cron": "1  * * * *", "function": "tidy"}]}"#,
                "triggers.crons[1]: tidy already has this trigger"
            ),
            ("triggers", "{}", "functions[2]: /scheduled/tidy is unreachable: add methods, or a trigger"),
            ("env", #"{"production": {"vasr": {}}}"#, #"env.production.vasr: unknown key; did you mean "vars"?"#),
            ("env", #"{"a": {"limits": {"concurrency": 0}}}"#, "env.a.limits.concurrency: is 0"),
            ("env", #"{"a": {"env": {}}}"#, "env.a.env: unknown key"),
            // Variables are not inherited, so the variable that an inherited function binds is missing here.
            ("env", #"{"a": {}}"#, "functions[1].bindings[0]: LIMIT is neither in \"vars\" nor in \"secrets\""),
        ])
    func reports(_ key: String, _ json: String, _ expected: String) {
        let found = problems([key: json])
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test(
        "An invalid function is reported with its place and the reason",
        arguments: [
            (#""route": "health""#, "must begin with a slash: \"/health\""),
            (#""route": "/""#, "has an empty part"), (#""route": "/api/health/""#, "has an empty part"),
            (#""route": "/api//health""#, "has an empty part"), (#""route": "/api/../x""#, "is unreachable"),
            (#""route": "/cdn-cgi/x""#, "belong to the runner"),
            (#""route": "/api/:id""#, "a route has no patterns"),
            (#""route": "/caf%C3%A9""#, "a route has no patterns"),
            (#""function": "../sh""#, "functions[0].function: \"../sh\" must be"),
            (#""methods": "GET""#, "functions[0].methods: is a string; it must be an array"),
            (#""methods": ["get"]"#, "functions[0].methods[0]: \"get\" is not one of GET, POST"),
            (#""methods": ["get"]"#, "did you mean \"GET\"?"),
            (#""methods": ["GET", "GET"]"#, "methods[1]: \"GET\" is twice"),
            (#""methods": ["HEAD"]"#, "HEAD comes with GET"),
            (#""methods": [7]"#, "functions[0].methods[0]: is a number"),
            (
                #""dispatch": "isolatd""#,
                "functions[0].dispatch: \"isolatd\" is not one of isolated, reuse, spawn; did you"
            ),
            (#""dispatch": null"#, "functions[0].dispatch: is null"),
            (
                #""credentials": "apikey""#,
                "functions[0].credentials: \"apikey\" is not one of session, apiKey, sessionOrApiKey; did you"
            ),
            (#""bindings": ["DATABSE_URL"]"#, "functions[0].bindings[0]: DATABSE_URL is neither"),
            (#""bindings": ["DATABSE_URL"]"#, "did you mean \"DATABASE_URL\"?"),
            (#""limits": {"concurrency": 0}"#, "functions[0].limits.concurrency: is 0"),
            (#""methds": []"#, #"functions[0].methds: unknown key; did you mean "methods"?"#),
        ])
    func reportsFunctions(_ member: String, _ expected: String) throws {
        let name = try #require(member.split(separator: "\"").first)
        let members = [
            #""route": "/api/a""#, #""function": "a""#, #""methods": ["GET"]"#, #""bindings": []"#,
        ]
        let function = members.filter { !$0.hasPrefix("\"\(name)\"") } + [member]
        let found = problems(["functions": "[{\(function.joined(separator: ","))}]", "triggers": "{}"])
        #expect(found.count == 1)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test("A route or function that is listed twice is reported") func reportsWhatIsThereTwice() {
        let one = #"{"route": "/a", "function": "a", "methods": ["GET"]}"#
        let found = problems(["functions": "[\(one), \(one)]", "triggers": "{}"])
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("functions[1].route: /a is also the route of functions[0]") == true)
        #expect(found.last?.hasPrefix("functions[1].function: a already serves functions[0]") == true)
    }

    @Test("All problems are reported at once, without values") func reportsAllAtOnceWithoutValues() {
        let found = problems([
            "name": "1", "limits": #"{"timeout_ms": 0, "memry_mb": 1}"#, "dev": #"{"port": "hush"}"#,
            "functions": #"[{"route": "x"}, 5, {"route": "/y", "function": "y", "methods": ["GTE"]}]"#,
            "triggers": #"{"crons": [{"cron": "*", "function": "z"}]}"#, "extra": "1",
        ])
        #expect(
            found.map { $0.prefix { $0 != ":" } } == [
                "extra", "name", "dev.port", "limits.memry_mb", "limits.timeout_ms", "functions[0].function",
                "functions[0].methods", "functions[0].route", "functions[1]", "functions[2].methods[0]",
                "triggers.crons[0].cron", "triggers.crons[0].function",
            ])
        #expect(!found.joined().contains("hush"))
    }

    @Test("A syntax error is reported with its line and column") func saysWhereTheSyntaxBreaks() {
        #expect(problems(["name": "nmae"])[0].hasPrefix("line 1, column 10: a value should stand here"))
        #expect(problems(["name": "\"\u{7}\""])[0].hasPrefix("line 1, column 11: "))
    }

    @Test("An environment overrides settings and inherits no variables or secrets")
    func anEnvironmentOverridesButInheritsNoValues() throws {
        let override = #"""
            {"staging": {"name": "other", "vars": {"LIMIT": "9"}, "secrets": {"required": ["TOKEN_SECRET"]},
             "limits": {"concurrency": 3}, "dev": {"port": 1}}}
            """#
        let configuration = try read(["env": override], environment: "staging")
        #expect(configuration.name == "other")
        #expect(configuration.listen == ListenAddress(ip: "127.0.0.1", port: 1))
        #expect(configuration.functions.map(\.limits.concurrency) == [3, 2, 3])
        #expect(configuration.functions.map(\.limits.timeoutMilliseconds) == [30_000, 50, 30_000])
        #expect(environment(configuration.functions[1]) == ["LIMIT": "9", "TOKEN_SECRET": "hush"])
        #expect(configuration.variables["EMPTY"] == nil)
        #expect(
            problems(environment: "stagin") == ["env: has no \"stagin\"; did you mean \"staging\"?"])
    }

    @Test("The process's environment wins over .dev.vars for secrets, and .dev.vars over vars")
    func precedence() throws {
        var local = Self.local
        #expect(environment(try read(local: local).functions[1]) == ["LIMIT": "5", "TOKEN_SECRET": "hush"])
        local.process = ["TOKEN_SECRET": "process", "LIMIT": "process", "EMPTY": "process"]
        #expect(environment(try read(local: local).functions[1]) == ["LIMIT": "5", "TOKEN_SECRET": "process"])
        local.devVars.values["LIMIT"] = Secret("7")
        #expect(environment(try read(local: local).functions[1])["LIMIT"] == "7")
        local.devVars = DevVars()
        #expect(
            environment(try read(local: local).functions[1]) == ["LIMIT": "5", "TOKEN_SECRET": "process"])
        local.process = ["TOKEN_SECRET": ""]
        #expect(problems(local: local).count == 1)
        local.needsSecrets = false
        #expect(environment(try read(local: local).functions[1])["TOKEN_SECRET"] == "")
    }

    @Test("A secret may be in a file that the process's environment or .dev.vars names")
    func secretsInFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write("ours", "from a file\n")
        try folder.write("theirs", "from another\r\n\n")
        func secret(_ process: [String: String], _ devVars: [String: String]) throws -> String? {
            var local = Self.local
            local.process = process
            local.devVars.values = devVars.mapValues { Secret($0) }
            return environment(try read(local: local).functions[1])["TOKEN_SECRET"]
        }
        let (ours, theirs) = (folder.path("ours"), folder.path("theirs"))
        #expect(try secret(["TOKEN_SECRET_FILE": ours], ["TOKEN_SECRET": "hush"]) == "from a file")
        #expect(try secret(["TOKEN_SECRET": "process", "TOKEN_SECRET_FILE": ours], [:]) == "process")
        #expect(try secret(["TOKEN_SECRET_FILE": ours], ["TOKEN_SECRET_FILE": theirs]) == "from a file")
        #expect(try secret([:], ["TOKEN_SECRET_FILE": theirs]) == "from another")
        #expect(try secret([:], ["TOKEN_SECRET": "hush", "TOKEN_SECRET_FILE": theirs]) == "hush")
        var local = Self.local
        local.process = ["TOKEN_SECRET_FILE": folder.path("none")]
        #expect(
            problems(local: local) == [
                "secrets.required[0]: TOKEN_SECRET_FILE in the environment names \(folder.path("none")), "
                    + "which can't be read."
            ])
    }

    @Test(
        "A value of the wrong type is reported with its place and without being repeated",
        arguments: [
            ("API_KEY_HOURLY_LIMIT", "hush", "is not a whole number 0 or more"),
            ("EXPORT_MAX_ROWS", "1000001", "is not a whole number from 1 to 1000000"),
            ("JOB_PROCESSES", "0", "from 1 to 256"), ("JOB_WORKER_SECONDS", "-1", "from 1 to 86400"),
            ("TRUSTED_PROXIES", "10.0.0.0/99", "TRUSTED_PROXIES must contain only IP addresses"),
            ("CLIENT_IP_HEADER", "X Y", "is not the name of a header field"),
            ("SUPABASE_URL", "hush", "is not a URL such as https://example.com"),
            ("SUPABASE_URL", "https:///hush", "is not a URL"), ("UPSTREAM_OKTA", "ftp://hush", "is not a URL"),
            ("BILLING_RETURN_URL", "https://hush hush", "is not a URL"), ("SUPABASE_JWKS", "{}", "JSON Web Key Set"),
            ("SSL_CERT_FILE", "/nonexistent/hush", "can't be read"), ("ENVIRONMENT", "developement", "but nearly"),
        ])
    func variableTypes(_ name: String, _ value: String, _ reason: String) throws {
        func found(_ value: String) -> [String] {
            problems(["vars": "{\"LIMIT\": \"1\", \"\(name)\": \"\(value)\"}"])
        }
        let said = found(value)
        #expect(said.count == 1 && said[0].hasPrefix("vars.\(name): \(name) "), "\(said)")
        #expect(said[0].contains(reason) && !said[0].contains("hush"), "\(said)")
        #expect(found("") == [])
        // The value is also checked if it comes from .dev.vars.
        var local = Self.local
        local.devVars.values[name] = Secret(value)
        #expect(
            problems(["vars": "{\"LIMIT\": \"1\", \"\(name)\": \"\"}"], local: local).first?.hasPrefix(".dev.vars: ")
                == true)
    }

    @Test("A problem is reported with the source of the wrong value, which need not be the file")
    func sources() throws {
        let vars = #"{"LIMIT": "1", "JOB_PROCESSES": "4", "API_KEY_HOURLY_LIMIT": "many"}"#
        var local = Self.local
        local.devVars = DevVars()
        local.isProduction = true
        local.process = ["JOB_PROCESSES": "none", "TOKEN_SECRET": "hush"]
        let error = #expect(throws: ConfigurationError.self) { try read(["vars": vars], local: local) }
        #expect(
            error?.description == """
                2 problems in the configuration:
                  f, vars.API_KEY_HOURLY_LIMIT: API_KEY_HOURLY_LIMIT is not a whole number 0 or more.
                  the environment: JOB_PROCESSES is not a whole number from 1 to 256.
                """)
        local.process["CONFIRMATION_SECRET"] = "short"
        let secrets = #"{"required": ["TOKEN_SECRET", "CONFIRMATION_SECRET"]}"#
        let said = problems(["vars": vars, "secrets": secrets], local: local)
        #expect(said.first?.hasPrefix("the environment: secret CONFIRMATION_SECRET has fewer") == true, "\(said)")
    }

    @Test(
        "A SUPABASE_URL of this machine is refused in production",
        arguments: ["http://127.0.0.1:54321", "http://localhost:54321/", "https://LOCALHOST", "http://[::1]:1"])
    func ownSupabase(_ url: String) throws {
        let vars = "{\"LIMIT\": \"1\", \"ENVIRONMENT\": \"development\", \"SUPABASE_URL\": \"\(url)\"}"
        #expect(problems(["vars": vars]) == [])
        var local = Self.local
        local.isProduction = true
        local.process = ["TOKEN_SECRET": "hush"]
        let said = problems(["vars": vars], local: local)
        #expect(said.count == 1 && said[0].hasPrefix("vars.SUPABASE_URL: SUPABASE_URL names this machine"), "\(said)")
        #expect(said[0].contains("SUPABASE_URL=https://REF.supabase.co"), "\(said)")
        local.process["SUPABASE_URL"] = "https://abc.supabase.co"
        #expect(problems(["vars": vars], local: local) == [])
        local.process["SUPABASE_URL"] = url
        #expect(problems(["vars": vars], local: local).first?.hasPrefix("the environment: SUPABASE_URL names") == true)
        local.process["ENVIRONMENT"] = "development"
        #expect(problems(["vars": vars], local: local) == [])
    }

    @Test("Values of the environment that are not used, and unknown names in .dev.vars, are warned of once")
    func unusedValues() throws {
        let replaced = ["vars": #"{"LIMIT": "1", "JOB_PROCESSES": "4", "NO_PROXY": ""}"#]
        var local = Self.local
        local.devVars = DevVars(values: ["TOKEN_SECRET": Secret("hush")])
        local.process = ["LIMIT": "1", "TOKEN_SECRET": "other", "HOME": "/root"]
        #expect(try read(replaced, local: local).warnings == [])
        local.process.merge(["NO_PROXY": "a", "JOB_PROCESSES": "2", "DATABASE_URL": "sqlite:x"]) { $1 }
        #expect(
            try read(replaced, local: local).warnings == [
                "variables come from .dev.vars or \"vars\", so the environment's values of these are not used: "
                    + "DATABASE_URL, JOB_PROCESSES, NO_PROXY"
            ])
        local.process = [:]
        local.devVars.values["JOB_PROCESES"] = Secret("2")
        local.devVars.values["SOMETHING"] = Secret("x")
        #expect(
            try read(replaced, local: local).warnings == [
                ".dev.vars has JOB_PROCESES, which the configuration does not name, so no function gets it; perhaps "
                    + "JOB_PROCESSES is meant",
                ".dev.vars has SOMETHING, which the configuration does not name, so no function gets it",
            ])
    }

    @Test("An invalid CREDENTIALS_KEY is reported", arguments: ["abc", "k1:abc", "k1", ","])
    func credentialsKeys(_ value: String) throws {
        var local = Self.local
        local.devVars.values["CREDENTIALS_KEY"] = Secret(value)
        let secrets = #"{"required": ["TOKEN_SECRET", "CREDENTIALS_KEY"]}"#
        let said = problems(["secrets": secrets], local: local)
        #expect(said.count == 1 && said[0].contains("secret CREDENTIALS_KEY"), "\(said)")
    }

    /// Without this report, the function would take the secret as not set, and no message would say why.
    @Test("A misspelt optional secret is reported with a suggestion") func aMisspeltOptionalSecretIsReported() throws {
        var local = Self.local
        local.devVars.values["CONFIRMATION_SECRET"] = nil
        local.devVars.values["CONFIRMATION_SECRT"] = Secret(String(repeating: "x", count: 32))
        let secrets = #"{"required": ["TOKEN_SECRET"], "optional": ["CONFIRMATION_SECRET"]}"#
        #expect(
            problems(["secrets": secrets], local: local) == [
                "secrets.optional[0]: secret CONFIRMATION_SECRET has no value, but .dev.vars has CONFIRMATION_SECRT; "
                    + "did you mean that one?"
            ])
        local.devVars.values["CONFIRMATION_SECRET"] = Secret(String(repeating: "y", count: 32))
        #expect(problems(["secrets": secrets], local: local) == [])
    }

    @Test("A configured database takes precedence over the default") func aGivenDatabaseWinsOverTheDefault() throws {
        let configuration = try read(["vars": #"{"LIMIT": "1", "DATABASE_URL": "sqlite:there"}"#])
        #expect(environment(configuration.functions[0]) == ["DATABASE_URL": "sqlite:there"])
    }
}
