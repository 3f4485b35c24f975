import Foundation
import TestSupport
import Testing

/// The package for systemd, whose units systemd itself checks.
@Suite(.enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"))
struct SystemdTests {
    private func units() throws -> (package: TestPackage, root: String, names: [String]) {
        let package = try TestPackage.make("systemd")
        let root = try package.unpacked()
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/etc/systemd/system").sorted()
        return (package, root, names)
    }

    @Test("systemd finds no fault in the units") func verify() throws {
        let (package, root, names) = try units()
        #expect(
            names == [
                "thalian-migrate.service", "thalian-scheduled-jobs.service", "thalian-scheduled-jobs.timer",
                "thalian-scheduled-session-keys.service", "thalian-scheduled-session-keys.timer",
                "thalian-scheduled-sync.service", "thalian-scheduled-sync.timer", "thalian-work.service",
                "thalian.service",
            ])
        // The root also needs the units of the distribution that the package's units name.
        let script = #"""
            mkdir -p "$1/lib" "$1/usr/lib/systemd" && cp -r /lib/systemd/system "$1/usr/lib/systemd/"
            ln -s ../usr/lib/systemd "$1/lib/systemd"
            cd "$1/etc/systemd/system" && systemd-analyze --root="$1" verify *.service *.timer 2>&1 | grep thalian || true
            """#
        #expect(try Shell.run(script, [root]) == "")
        // Proves that systemd reports a fault.
        let unit = root + "/etc/systemd/system/thalian.service"
        let text = try String(contentsOfFile: unit, encoding: .utf8)
        try text.replacing("PrivateTmp=yes", with: "PrivateTemp=yes").write(
            toFile: unit, atomically: true, encoding: .utf8)
        let found = try Shell.run(
            #"cd "$1/etc/systemd/system" && systemd-analyze --root="$1" verify thalian.service 2>&1 || true"#, [root])
        #expect(found.contains("PrivateTemp"))
        _ = package
    }

    @Test("The instructions for a single function name only units in the package") func instructions() throws {
        let package = try TestPackage.make("systemd", TestPackage.variables + ["--function", "api-health"])
        let match = try #require(package.outcome.output.firstMatch(of: /enable --now (.*)/))
        #expect(match.1 == "thalian.service")
    }

    @Test("systemd rates the exposure of each service at no more than 2.5 of 10 points") func security() throws {
        let (package, root, names) = try units()
        for name in names where name.hasSuffix(".service") {
            let script = #"""
                systemd-analyze security --offline=yes --threshold=25 --no-pager "$1/etc/systemd/system/$2" 2>&1
                """#
            #expect(throws: Never.self, "\(name)") { try Shell.run(script, [root, name]) }
        }
        _ = package
    }

    @Test("There are three timers, and systemd understands their times") func calendar() throws {
        let (package, root, _) = try units()
        let times = try Shell.run(#"grep -h ^OnCalendar= "$1"/etc/systemd/system/*.timer | cut -d = -f 2"#, [root])
            .split(separator: "\n").map(String.init)
        #expect(times.count == 3)
        func check(_ time: String) throws { try Shell.run(#"systemd-analyze calendar "$1""#, [time]) }
        for time in times { #expect(throws: Never.self, "\(time)") { try check(time) } }
        // Proves that systemd reports a fault.
        #expect(throws: (any Error).self) { try check("*-13-*") }
        _ = package
    }

    @Test("All services have the same user, so that none of them takes the database's folder from another")
    func oneUser() throws {
        let (package, root, names) = try units()
        for name in names where name.hasSuffix(".service") {
            let unit = try String(contentsOfFile: "\(root)/etc/systemd/system/\(name)", encoding: .utf8)
            #expect(unit.contains("\nUser=thalian\nDynamicUser=yes\n"), "\(name)")
        }
        _ = package
    }

    @Test("A scheduled service's own command line works with its own variables") func run() throws {
        let (package, root, _) = try units()
        let unit = try String(
            contentsOfFile: root + "/etc/systemd/system/thalian-scheduled-sync.service", encoding: .utf8)
        #expect(unit.contains("\nExecStart=/opt/thalian/scheduled-sync\n"))
        #expect(unit.contains("\nLoadCredential=DATABASE_URL:/etc/thalian/secrets/DATABASE_URL\n"))
        #expect(unit.contains("\nEnvironment=DATABASE_URL_FILE=%d/DATABASE_URL\n"))
        let event = try #require(unit.firstMatch(of: #/(?m)^Environment="FUNCTION_EVENT=(.*)"$/#)).1
            .replacing("\\\"", with: "\"")
        let secret = package.folder.path("DATABASE_URL")
        try "sqlite:\(package.folder.path("store.db"))\n".write(toFile: secret, atomically: true, encoding: .utf8)
        let variables = ["FUNCTION_EVENT": String(event), "DATABASE_URL_FILE": secret]
        func run(_ program: String, _ words: [String] = []) throws -> (Int32, String) {
            let process = try PipedProgram(
                root + "/opt/thalian/" + program, arguments: words, environment: variables, seconds: 60)
            return (try process.waitForEnd(), String(decoding: process.output + process.errors, as: UTF8.self))
        }
        // Without a schema the run fails, and with one it succeeds.
        #expect(try run("scheduled-sync").0 == 1)
        #expect(try run("local-runner", ["migrate"]).0 == 0)
        let (status, text) = try run("scheduled-sync")
        #expect(status == 0, "\(text)")
    }
}
