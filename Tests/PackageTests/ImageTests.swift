import Base
import Foundation
import TestSupport
import Testing

/// Images, as skopeo and umoci read them, and their root file system.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"), .usesStore)
struct ImageTests {
    private func json(_ text: String) throws -> JSON { try JSON(parsing: text.utf8) }

    @Test("skopeo verifies and copies the image, and finds its settings") func skopeo() throws {
        let package = try TestPackage.make("oci")
        let image = "oci:\(package.path):latest"
        let settings = try json(Shell.run(#"skopeo inspect --config "$1""#, [image]))
        let config = try #require(settings["config"])
        #expect(config["User"] == "65532:65532" && config["StopSignal"] == "SIGTERM")
        #expect(config["Entrypoint"] == ["/app/local-runner", "serve"] && config["ExposedPorts"] == ["8080/tcp": [:]])
        let variables = config["Env"]?.array ?? []
        #expect(variables.contains("PORT=8080") && variables.contains("HOST=0.0.0.0"))
        #expect(variables.contains("SUPABASE_URL=https://project.supabase.example"))
        #expect(settings["created"] == "1970-01-01T00:00:00Z")
        let copy = #"skopeo --insecure-policy copy --quiet --all "$1" "dir:$2" && ls "$2" | wc -l"#
        let layers = settings["rootfs"]?["diff_ids"]?.array?.count ?? 0
        #expect(layers == 3 + TestPackage.few.count)
        // A manifest, a version and a configuration come with the layers.
        #expect(try Shell.run(copy, [image, package.folder.path("copy")]) == "\(layers + 3)\n")
    }

    @Test("skopeo notices a changed layer") func damage() throws {
        let package = try TestPackage.make("oci")
        let script =
            #"f=$(ls -S "$1"/blobs/sha256/* | head -1); printf x | dd of="$f" bs=1 seek=5000 conv=notrunc status=none"#
        try Shell.run(script, [package.path])
        #expect(throws: Program.Failure.self) {
            try Shell.run(
                #"skopeo --insecure-policy copy --quiet "$1" "dir:$2""#,
                ["oci:\(package.path):latest", package.folder.path("copy")])
        }
    }

    @Test("umoci unpacks the expected files, for a user without rights") func root() throws {
        let package = try TestPackage.make("oci")
        let bundle = package.folder.path("bundle")
        try Shell.run(
            #"umoci unpack --image "$1:latest" $( ((EUID == 0)) || echo --rootless) "$2""#, [package.path, bundle])
        let root = bundle + "/rootfs"
        let listing = try Shell.run(#"cd "$1" && find . -printf '%m %y %P\n' | sort -k 3"#, [root])
        #expect(listing.contains("1777 d tmp\n") && listing.contains("755 f app/local-runner\n"))
        #expect(listing.contains("644 f etc/ssl/certs/ca-certificates.crt\n"))
        #expect(!listing.contains(" l ") && !listing.contains(".dev.vars"))
        let spec = try json(String(contentsOfFile: bundle + "/config.json", encoding: .utf8))
        #expect(spec["process"]?["user"]?["uid"] == 65_532)
    }

    /// Executes a command as a container host does: in a root that is read-only apart from /tmp, as the user
    /// `IMAGE_USER` if it is set. `$1` is the root, and `$2` the folder that becomes its /tmp.
    private static let container = #"""
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        mount --bind "$2" "$1/tmp"
        root=$1
        shift 2
        exec /usr/sbin/chroot ${IMAGE_USER:+"--userspec=$IMAGE_USER"} "$root" "$@"
        """#

    @Test("The entrypoint serves from a read-only root as the image's user, and ends on SIGTERM")
    func entrypoint() throws {
        let store = try TestStore(filled: true)
        let package = try TestPackage.make("oci")
        let bundle = package.folder.path("bundle")
        try Shell.run(
            #"""
            umoci unpack --image "$1:latest" $( ((EUID == 0)) || echo --rootless) "$2"
            chmod -R a+rwX "$3"
            """#, [package.path, bundle, store.folder.path])
        let spec = try #require(
            json(String(contentsOfFile: bundle + "/config.json", encoding: .utf8))["process"])
        let secret = String(repeating: "a1", count: 32)
        var environment = [
            "SUPABASE_JWT_SECRET": secret, "EXPORT_CURSOR_SECRET": secret, "CONFIRMATION_SECRET": secret,
            "AUDIT_SIGNING_KEY": secret, "CREDENTIALS_KEY": FakeOkta.credentialsKey,
            "DATABASE_URL": store.url.replacing(store.folder.path, with: "/tmp"),
        ]
        for text in (spec["env"]?.array ?? []).compactMap(\.string) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if let name = parts.first, let value = parts.last { environment[name] = value }
        }
        // A user who is not root has only its own id in a user namespace.
        let isRoot = geteuid() == 0
        environment["IMAGE_USER"] = isRoot ? "65532:65532" : ""
        let words = (spec["args"]?.array ?? []).compactMap(\.string) + ["--port", "0"]
        let log = package.folder.path("log")
        let process = try TestProcess(
            "/usr/bin/unshare",
            (isRoot ? [] : ["--map-root-user"]) + [
                "--mount", "/bin/bash", "-euc", Self.container, "bash", bundle + "/rootfs", store.folder.path,
            ] + words, environment: environment, log: log)
        var port: Int?
        #expect(
            poll(seconds: 20) {
                let lines = package.folder.read("log").split(separator: "\n").compactMap { try? json(String($0)) }
                let message = lines.compactMap(\.["message"]?.string).first { $0.hasPrefix("listening on 0.0.0.0:") }
                port = message?.split(separator: ":").last.flatMap { Int($0) }
                return port != nil || !process.isRunning
            })
        let client = try TCPClient(port: try #require(port, "\(package.folder.read("log"))"))
        #expect(try client.request("GET", "/readyz").status == 200)
        #expect(try client.request("GET", "/api/mcp/risk-score", ["X-Api-Key: \(store.own.readKey)"]).status == 200)
        // The root is the container's, and can't be written.
        #expect(!FileManager.default.createFile(atPath: "/proc/\(process.id)/root/app/new", contents: nil))
        if isRoot {
            let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
            #expect(status.contains("Uid:\t65532\t65532\t65532\t65532"))
        }
        process.send(SIGTERM)
        #expect(process.waitForEnd() == 0, "\(package.folder.read("log"))")
    }

    @Test("--function makes an image of that function alone, and SOURCE_DATE_EPOCH dates it") func single() throws {
        let folder = try TemporaryFolder()
        try TestPackage.writeConfiguration(in: folder, TestPackage.few)
        let process = try PipedProgram(
            BuiltProducts.program("local-runner"),
            arguments: [
                "package", "--target", "oci", "--function", "/api/health", "--out", folder.path("package"), "--config",
                folder.path("wrangler-like.json"),
            ], environment: ["SOURCE_DATE_EPOCH": "1700000000"], seconds: 60)
        #expect(try process.waitForEnd() == 0, "\(String(decoding: process.errors, as: UTF8.self))")
        let settings = try json(
            Shell.run(#"skopeo inspect --config "$1""#, ["oci:\(folder.path("package")):latest"]))
        #expect(settings["created"] == "2023-11-14T22:13:20Z")
        #expect(
            settings["config"]?["Entrypoint"] == ["/app/local-runner", "serve", "--function", "api-health"])
        #expect(settings["rootfs"]?["diff_ids"]?.array?.count == 4)
    }

    @Test("The stack file of OpenFaaS names an image of the layout for each route") func openFaaS() throws {
        let package = try TestPackage.make("openfaas", TestPackage.variables + ["--image", "ghcr.io/example/api"])
        let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
        let python = try #require(ProcessInfo.processInfo.environment["THALIAN_PYTHON"])
        let stack = try json(
            Shell.run(#""$1" -c "$2" "$3""#, [python, script, package.path + "/stack.yaml"]))
        let functions = try #require(stack["functions"]?.object)
        #expect(Set(functions.keys) == TestPackage.few.filter { $0.hasPrefix("api-") })
        for (name, function) in functions {
            #expect(function["image"] == .string("ghcr.io/example/api/\(name):latest"))
            #expect(function["skip_build"] == true && function["readonly_root_filesystem"] == true)
            let settings = try json(
                Shell.run(#"skopeo inspect --config "$1""#, ["oci:\(package.path):\(name)"]))
            #expect(
                settings["config"]?["Entrypoint"] == ["/app/local-runner", "serve", "--function", .string(name)])
        }
        let health = try #require(functions["api-health"])
        #expect(health["secrets"]?.array?.contains("database-url") == true)
        #expect(health["environment"]?["DATABASE_URL_FILE"] == "/var/openfaas/secrets/database-url")
        #expect(functions["api-export-audit-log"]?["environment"]?["exec_timeout"] == "305s")
    }
}
