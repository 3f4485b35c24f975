import Base
import Foundation
import Store
import TestSupport
import Testing

/// The package for AWS Lambda: its template, as CloudFormation's own tools read it, and its functions against a Runtime
/// API.
@Suite(
    .enabled(
        if: BuiltProducts.areRelease && TestStore.Engine.ofThisRun == .postgreSQL,
        "Tests/run makes a release build with PostgreSQL"), .usesStore)
struct LambdaPackageTests {
    private func python(_ script: String, _ arguments: [String]) throws -> String {
        let python = try #require(ProcessInfo.processInfo.environment["THALIAN_PYTHON"])
        return try Shell.run(#""$1" -c "$2" "${@:3}""#, [python, script] + arguments, seconds: 120)
    }

    private func template(_ package: TestPackage) throws -> JSON {
        let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
        return try JSON(parsing: Array(python(script, [package.path + "/template.yaml"]).utf8))
    }

    @Test("Every function is a ZIP archive of at most 12 MiB with an executable bootstrap") func archives() throws {
        let package = try TestPackage.make("lambda", functions: nil)
        let script = """
            import glob, json, os, sys, zipfile
            found = {}
            for path in sorted(glob.glob(sys.argv[1] + "/*.zip")):
                entries = zipfile.ZipFile(path).infolist()
                found[os.path.basename(path)] = [os.path.getsize(path)] + [
                    [e.filename, e.external_attr >> 16, e.date_time[0], e.create_system] for e in entries]
            print(json.dumps(found))
            """
        let machine = try Shell.run("uname -m").hasPrefix("x86_64") ? "x86_64" : "arm64"
        let archives = try #require(JSON(parsing: Array(python(script, [package.path]).utf8)).object)
        #expect(archives.count >= 28)
        for (name, archive) in archives {
            let parts = archive.array ?? []
            #expect(name.hasSuffix("-\(machine).zip"))
            #expect(parts.first?.integer ?? .max <= 12 << 20, "\(name)")
            // Only the function that serves the OpenAPI document needs it.
            let document: [JSON] = name.hasPrefix("api-openapi-") ? [["openapi.json", 0o100644, 1980, 3]] : []
            #expect(
                Array(parts.dropFirst()) == [
                    ["bootstrap", 0o100755, 1980, 3], ["components.cdx.json", 0o100644, 1980, 3],
                ] + document, "\(name)")
        }
    }

    @Test("cfn-lint finds no mistake in the template, and notices one in a changed copy") func isAccepted() throws {
        let package = try TestPackage.make("lambda", functions: nil)
        let output = try python(
            "import sys; from cfnlint.runner.cli import main; sys.argv = ['cfn-lint', '--', sys.argv[1]]; main()",
            [package.path + "/template.yaml"])
        #expect(output == "")
        // The linter notices a mistake in a property.
        let text = try package.text("template.yaml").replacing("MemorySize: 512", with: "MemorySize: 64")
        try package.folder.write("wrong.yaml", text)
        #expect(throws: Program.Failure.self) {
            try python(
                "import sys; from cfnlint.runner.cli import main; sys.argv = ['cfn-lint', '--', sys.argv[1]]; main()",
                [package.folder.path("wrong.yaml")])
        }
    }

    @Test("The template has the settings of wrangler-like.json, and no secret") func template() throws {
        let package = try TestPackage.make("lambda")
        let template = try template(package)
        let globals = template["Globals"]?["Function"]
        #expect(globals?["Runtime"] == "provided.al2023" && globals?["Handler"] == "bootstrap")
        func properties(_ name: String) throws -> JSON {
            try #require(template["Resources"]?[name]?["Properties"])
        }
        let health = try properties("ApiHealth")
        #expect(health["Timeout"] == 30 && health["MemorySize"] == 512 && health["Events"] == nil)
        #expect(health["FunctionUrlConfig"] == ["AuthType": "NONE", "InvokeMode": "BUFFERED"])
        #expect(
            health["Environment"]?["Variables"]?["DATABASE_URL"] == [
                "Fn::Sub": "{{resolve:secretsmanager:${SecretName}:SecretString:DATABASE_URL}}"
            ])
        let export = try properties("ApiExportAuditLog")
        #expect(export["Timeout"] == 300 && export["FunctionUrlConfig"]?["InvokeMode"] == "RESPONSE_STREAM")
        #expect(export["Environment"]?["Variables"]?["FUNCTION_INVOKE_MODE"] == "RESPONSE_STREAM")
        #expect(export["Environment"]?["Variables"]?["SUPABASE_URL"] == "https://project.supabase.example")
        let jobs = try properties("ScheduledJobs")
        #expect(jobs["FunctionUrlConfig"] == nil)
        #expect(jobs["Environment"]?["Variables"]?["ENVIRONMENT"] == "production")
        let schedule = try #require(jobs["Events"]?["Schedule1"])
        #expect(schedule["Type"] == "ScheduleV2")
        #expect(schedule["Properties"]?["ScheduleExpression"] == "rate(1 minute)")
    }

    @Test("An environment beyond 4 KB and a name that Lambda reserves are refused") func environment() throws {
        let long = try TestPackage(
            "lambda",
            TestPackage.variables + [
                "--var", "SUPABASE_JWKS=\(#"{"keys":[]}"#)\(String(repeating: " ", count: 4_096))",
            ])
        #expect(
            long.outcome.status == 1 && long.outcome.errors.contains("Lambda allows 4096"), "\(long.outcome.errors)")
        let folder = try TemporaryFolder()
        try TestPackage.writeConfiguration(in: folder, ["api-health"])
        let text = folder.read("wrangler-like.json").replacing("\"CLIENT_IP_HEADER\"", with: "\"AWS_LAMBDA_X\"")
            .replacing("\"@store\"", with: "\"AWS_LAMBDA_X\"")
        try folder.write("wrangler-like.json", text)
        let reserved = try TestPackage.make([
            "--target", "lambda", "--out", folder.path("package"), "--config", folder.path("wrangler-like.json"),
        ])
        #expect(reserved.status == 1 && reserved.errors.contains("called AWS_LAMBDA_X"), "\(reserved.errors)")
    }

    // MARK: Running it

    /// Extracts the executable `bootstrap` from a function's archive; returns its path.
    private func bootstrap(_ function: String, _ package: TestPackage) throws -> String {
        let folder = package.folder.path(function)
        let script = #"""
            import glob, os, sys, zipfile
            archive = zipfile.ZipFile(glob.glob(sys.argv[1] + "/" + sys.argv[2] + "-*.zip")[0])
            archive.extract("bootstrap", sys.argv[3])
            os.chmod(sys.argv[3] + "/bootstrap", archive.getinfo("bootstrap").external_attr >> 16)
            """#
        _ = try python(script, [package.path, function, folder])
        return folder + "/bootstrap"
    }

    /// Returns the environment that CloudFormation gives the function `resource` of the template, if the template's
    /// secret has the members `secret`.
    private func variables(_ resource: String, _ package: TestPackage, _ secret: [String: String]) throws
        -> [String: String]
    {
        let resource = try #require(template(package)["Resources"]?[resource])
        var variables: [String: String] = [:]
        for (name, value) in resource["Properties"]?["Environment"]?["Variables"]?.object ?? [:] {
            variables[name] = value.string ?? secret[name] ?? ""
        }
        return variables
    }

    private func scheduledEvent(_ package: TestPackage) throws -> [UInt8] {
        let properties = try template(package)["Resources"]?["ScheduledJobs"]?["Properties"]
        let input = try #require(properties?["Events"]?["Schedule1"]?["Properties"]?["Input"]?.string)
        return Array(
            input.replacing("<aws.scheduler.scheduled-time>", with: Timestamp.now.description)
                .replacing("<aws.scheduler.execution-id>", with: "1").utf8)
    }

    private static let credentialsKey = "k1:" + Data(repeating: 9, count: 32).base64EncodedString()

    @Test("A packaged bootstrap serves requests with the template's environment") func requests() throws {
        let store = try TestStore(filled: true)
        let package = try TestPackage.make("lambda")
        let health = try RuntimeAPI(
            bootstrap("api-health", package), environment: variables("ApiHealth", package, ["DATABASE_URL": store.url]))
        try health.takeNext()
        try health.invoke("a", Ask().event)
        let answer = try health.takeAnswer("a")
        #expect(answer.status == 200 && answer["status"] == "ok")
        let risk = try RuntimeAPI(
            bootstrap("api-mcp-risk-score", package),
            environment: variables("ApiMcpRiskScore", package, ["DATABASE_URL": store.url]))
        for (id, headers, status) in [("a", [:], 401), ("b", ["x-api-key": store.own.readKey], 200)] {
            try risk.takeNext()
            try risk.invoke(id, Ask("GET", headers: headers).event)
            #expect(try risk.takeAnswer(id).status == status)
        }
    }

    @Test("A packaged scheduled function answers the template's event, and reports a failed run") func schedules()
        throws
    {
        let store = try TestStore()
        let package = try TestPackage.make("lambda")
        let event = try scheduledEvent(package)
        for (url, fails) in [(store.url, false), (store.url + "-missing", true)] {
            let secret = ["DATABASE_URL": url, "CREDENTIALS_KEY": Self.credentialsKey]
            let api = try RuntimeAPI(
                bootstrap("scheduled-jobs", package), environment: variables("ScheduledJobs", package, secret))
            try api.takeNext()
            try api.invoke("a", event)
            if fails {
                #expect(try api.takeError("a") == "Function.ScheduledRunFailed")
            } else {
                #expect(try api.takeAnswer("a").status == 200)
            }
            try api.takeNext()
        }
    }

    /// The upstream never answers. Without a deadline the job would have two minutes.
    @Test("A job that would outlast the deadline is stopped before it, and stays in the queue") func deadline() throws {
        let store = try TestStore()
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        let okta = try FakeProvider { _ in
            gate.wait()
            gate.signal()
            return nil
        }
        _ = try store.own.connectOkta()
        let ask = Ask(
            "POST", headers: ["x-api-key": store.own.writeKey, "content-type": "application/json"],
            body: Array("{}".utf8))
        let queued = try PipedProgram(
            BuiltProducts.program("api-mcp-sync"), environment: store.variables(), input: ask.event)
        #expect(try queued.waitForEnd() == 0)
        func states() throws -> [String] {
            try store.database.rows("SELECT state FROM jobs WHERE workspace_id = $1", store.own.id) { $0.text(0) }
        }
        #expect(try states().count == 1)
        let package = try TestPackage.make("lambda")
        var environment = try variables(
            "ScheduledJobs", package, ["DATABASE_URL": store.url, "CREDENTIALS_KEY": FakeOkta.credentialsKey])
        environment.merge(["ENVIRONMENT": "development", "UPSTREAM_OKTA": okta.url]) { $1 }
        let api = try RuntimeAPI(bootstrap("scheduled-jobs", package), environment: environment)
        try api.takeNext()
        let start = Date()
        try api.invoke("a", try scheduledEvent(package), seconds: 19)
        #expect(try api.takeAnswer("a").status == 200)
        #expect(Date().timeIntervalSince(start) < 19)
        #expect(!okta.requests.isEmpty)
        let left = try states()
        #expect(left == ["waiting"] || left == ["ready"], "\(left)")
        try api.takeNext()
    }
}
