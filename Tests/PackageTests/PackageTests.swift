import Base
import Foundation
import TestSupport
import Testing

/// The behavior of `local-runner package` that all of its targets share.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"))
struct PackageTests {
    static let targets =
        ["oci", "systemd", "cgi", "openfaas"]
        + (TestStore.Engine.ofThisRun == .postgreSQL ? ["lambda"] : [])

    /// The folder of the executables has another path too: a package must not depend on it.
    @Test("Two packages made in folders at different paths are byte for byte equal", arguments: targets)
    func equal(_ target: String) throws {
        let first = try TestPackage.make(target)
        let build = try TemporaryFolder()
        let names = Array(TestPackage.few) + ["local-runner", "components.cdx.json"]
        for name in names {
            try FileManager.default.linkItem(atPath: BuiltProducts.program(name), toPath: build.path(name))
        }
        let second = try TestPackage(target, runner: build.path("local-runner"))
        #expect(second.outcome.status == 0, "\(second.outcome.errors)")
        #expect(first.outcome.output == second.outcome.output)
        #expect(try Shell.run(#"diff -r "$1" "$2" && echo equal"#, [first.path, second.path]) == "equal\n")
    }

    @Test("SHA256SUMS lists every other file, and a second package replaces the first") func list() throws {
        let package = try TestPackage.make("openfaas")
        let check =
            #"cd "$1" && sha256sum -c --strict --quiet SHA256SUMS && find . -type f | wc -l && wc -l <SHA256SUMS"#
        let counts = try Shell.run(check, [package.path]).split(separator: "\n").compactMap { Int($0) }
        #expect(counts.count == 2 && counts[0] == counts[1] + 1 && counts[1] > 5)
        #expect(package.outcome.output.contains("components.cdx.json"))
        let again = try TestPackage.make(
            ["--target", "cgi", "--out", package.path, "--config", package.folder.path("wrangler-like.json")]
                + TestPackage.variables)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try Shell.run(check, [package.path]).isEmpty == false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: package.path).contains("stack.yaml") == false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: package.folder.path).count == 3)
    }

    @Test("A folder with other contents is not replaced") func foreignFolder() throws {
        let folder = try TemporaryFolder()
        try TestPackage.writeConfiguration(in: folder, TestPackage.few)
        let outcome = try TestPackage.make(
            ["--target", "cgi", "--out", folder.path, "--config", folder.path("wrangler-like.json")]
                + TestPackage.variables)
        #expect(outcome.status == 1 && outcome.errors.contains("is no package"), "\(outcome.errors)")
        #expect(FileManager.default.fileExists(atPath: folder.path("wrangler-like.json")))
    }

    @Test("A package that would contain the value of a secret is not made", arguments: targets)
    func secrets(_ target: String) throws {
        let secret = "sk-live-of-a-customer"
        let package = try TestPackage(
            target, TestPackage.variables + ["--var", "CLIENT_IP_HEADER=\(secret)"],
            devVars: "STRIPE_SECRET_KEY=\(secret)\n")
        #expect(package.outcome.status == 1, "\(package.outcome.output)")
        #expect(package.outcome.errors.contains("the value of STRIPE_SECRET_KEY"), "\(package.outcome.errors)")
        #expect(!package.outcome.errors.contains(secret) && package.outcome.output.isEmpty)
        // Only the configuration and .dev.vars are left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: package.folder.path).count == 2)
    }

    @Test("A value that is valid only on this machine is refused", arguments: ["cgi", "systemd", "openfaas", "oci"])
    func loopback(_ target: String) throws {
        let package = try TestPackage(target, [])
        #expect(package.outcome.status == 1)
        #expect(package.outcome.errors.contains("SUPABASE_URL is http://127.0.0.1"), "\(package.outcome.errors)")
        #expect(package.outcome.errors.contains("--var SUPABASE_URL="))
    }

    @Test(
        "Wrong arguments are refused with advice",
        arguments: [
            (["--target", "lamda"], 2, "did you mean \"lambda\"?"), ([], 2, "--target TARGET (the platform: "),
            (["--target", "oci", "--function", "api-helth"], 2, "did you mean \"api-health\"?"),
            (["--target", "oci", "--var", "SUPABASE_UR=x"], 2, "did you mean \"SUPABASE_URL\"?"),
            (["--target", "oci", "--var", "CREDENTIALS_KEY=k1:x"], 2, "is a secret"),
            (["--target", "oci", "--prefx", "/x"], 2, "did you mean \"--prefix\"?"),
            (["--target", "systemd", "--prefix", "/a b"], 2, "write an absolute path"),
        ])
    func words(_ words: [String], _ status: Int32, _ text: String) throws {
        let folder = try TemporaryFolder()
        try TestPackage.writeConfiguration(in: folder, nil)
        let outcome = try TestPackage.make(
            words + ["--out", folder.path("package"), "--config", folder.path("wrangler-like.json")])
        #expect(outcome.status == status && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("package")))
    }

    @Test("A secret is also refused if the configuration has comments and trailing commas", arguments: ["", "staging"])
    func commentedConfiguration(_ environment: String) throws {
        let folder = try TemporaryFolder()
        try TestPackage.writeConfiguration(in: folder, nil)
        let path = folder.path("wrangler-like.json")
        var document = try String(contentsOfFile: path, encoding: .utf8)
        if !environment.isEmpty {
            let secrets = try #require(document.firstMatch(of: /"secrets":\{[^}]*\}/)?.output)
            document.removeLast()
            document += #","env":{"\#(environment)":{\#(secrets)}}}"#
        }
        document.removeLast()
        try "// For the tests.\n\(document), /* The last comma is allowed. */ }".write(
            toFile: path, atomically: true, encoding: .utf8)
        let outcome = try TestPackage.make(
            ["--target", "oci", "--out", folder.path("package"), "--config", path, "--var", "CREDENTIALS_KEY=k1:x"]
                + (environment.isEmpty ? [] : ["--env", environment]))
        #expect(outcome.status == 2 && outcome.errors.contains("is a secret"), "\(outcome.errors)")
    }

    @Test("Executables for another processor than the claimed one are refused") func claim() throws {
        let other = try Shell.run("uname -m") == "x86_64\n" ? "arm64" : "x86_64"
        let package = try TestPackage("oci", TestPackage.variables + ["--architecture", other])
        #expect(package.outcome.status == 1 && package.outcome.errors.contains("not for \(other)"))
    }
}
