import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Launchers that run a program in a restricted environment.
enum Surroundings {
    /// Returns the program and arguments that execute another program in the environment that the options describe.
    static func launcher(_ options: String...) -> [String] {
        let script = ["/usr/bin/python3", BuiltProducts.project + "/Tests/Fixtures/surroundings.py"]
        return namespaces("--mount") + script + options
    }

    /// Returns the program and arguments that execute another program in its own namespaces.
    static func namespaces(_ options: String...) -> [String] {
        ["/usr/bin/unshare"] + options + (geteuid() == 0 ? [] : ["--map-root-user"])
    }
}

/// The runner on machines that lack a common feature.
@Suite(.serialized) struct SurroundingsTests {
    private static let path = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

    private func runner(_ options: [String], _ more: [String: String] = [:]) throws -> Runner {
        var launcher = Surroundings.launcher()
        launcher += options
        return try Runner(
            .init(maximumBody: 1 << 20, environment: Self.path.merging(more) { $1 }, launcher: launcher))
    }

    /// Expects answers of all three dispatches, to requests without a body and with a large one.
    private func expectServes(_ runner: Runner) throws {
        let client = try runner.connect()
        for dispatch in Runner.dispatches {
            #expect(try client.request("GET", "/\(dispatch)").status == 200, "\(runner.log)")
            let reply = try client.request(
                "POST", "/\(dispatch)?do=echo", body: String(repeating: "x", count: 200_000))
            #expect(reply.text.contains(#""length":200000"#), "\(runner.log)")
        }
    }

    @Test(
        "The runner works in a restricted environment",
        arguments: [
            ["--without", "proc"], ["--without", "tmp"], ["--without", "shm"], ["--without", "tmp,shm"],
            ["--without", "proc,tmp,shm"], ["--read-only", "tmp"], ["--read-only", "tmp,shm"],
            ["--refuse-close-range"], ["--descriptors", "64"], ["--ignore-children"],
            ["--refuse-close-range", "--without", "proc,tmp,shm", "--descriptors", "64"],
        ])
    func serves(_ options: [String]) throws {
        let runner = try runner(options)
        try expectServes(runner)
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd() == 0)
    }

    @Test("Functions inherit only their own descriptors", arguments: [[], ["--refuse-close-range"]])
    func closesOtherDescriptors(_ options: [String]) throws {
        let runner = try runner(["--inherit", "9"] + options)
        let client = try runner.connect()
        #expect(try client.request("GET", "/spawn?do=descriptors").text == #"{"open":"0 1 2"}"#)
        // The listener, /dev/null, the log and the connection.
        #expect(try client.request("GET", "/reuse?do=descriptors").text == #"{"open":"0 1 2 3"}"#)
    }

    @Test("Sockets and bodies are placed in TMPDIR, and nothing is left there")
    func usesTMPDIR() throws {
        let folder = try TemporaryFolder()
        let runner = try runner(["--read-only", "tmp,shm"], ["TMPDIR": folder.path])
        try expectServes(runner)
        let client = try runner.connect()
        try client.send("POST /reuse HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
        try client.send(String(repeating: "x", count: 199_999))
        let id = String(runner.process.id)
        #expect(poll { (try? Shell.run("ls -l /proc/$1/fd", [id]))?.contains(folder.path + "/") == true })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("Without /proc too, no socket is left when the runner has ended")
    func leavesNothingBehind() throws {
        let folder = try TemporaryFolder()
        let runner = try runner(["--without", "proc"], ["TMPDIR": folder.path])
        try expectServes(runner)
        runner.process.send(SIGTERM)
        #expect(runner.process.waitForEnd() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("If no folder accepts a socket, the error names the reasons")
    func namesFoldersThatDoNotServe() throws {
        let long = "/tmp/" + String(repeating: "x", count: 200)
        let error = #expect(throws: FunctionProcess.NotStarted.self) {
            try FunctionSocket(in: ["/nowhere", "/proc", "/nowhere", long])
        }
        let description = error?.description ?? ""
        #expect(description.contains("/nowhere: No such file or directory; /proc: "), "\(description)")
        #expect(description.hasSuffix("\(long): No such file or directory)"), "\(description)")
    }

    @Test("The log reports missing descriptors once, and the function serves again later")
    func lacksDescriptors() throws {
        let runner = try Runner()
        let id = String(runner.process.id)
        func limit(_ number: Int) throws { try Shell.run("prlimit --pid $1 --nofile=$2", [id, "\(number):1000"]) }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count
        let client = try runner.connect()
        #expect(try client.request("GET", "/nowhere").status == 404)
        try limit(open + 2)
        for dispatch in Runner.dispatches {
            for _ in 0..<5 { #expect(try client.request("GET", "/\(dispatch)").status == 502) }
            let sentence = "fixture-\(dispatch) did not start: "
            #expect(runner.logs(sentence))
            let lines = runner.log.split(separator: "\n").filter { $0.contains(sentence) }
            #expect(lines.count == 1 && lines[0].contains("Too many open files"), "\(lines)")
        }
        try limit(1000)
        #expect(poll { (try? client.request("GET", "/isolated").status) == 200 })
    }

    @Test("If there are too few descriptors to start, the error names the reason", arguments: 6...14)
    func tooFewDescriptorsToStart(_ number: Int) throws {
        do {
            _ = try Runner(.init(launcher: ["/bin/sh", "-c", "ulimit -n \(number); exec \"$@\"", "sh"]))
        } catch let failure as TCPClient.Failure {
            let said = failure.description
            #expect(said.contains("local-runner dev: ") && said.contains("Too many open files"), "\(said)")
            // If the message showed a Swift enumeration case, it would contain a quotation mark after a parenthesis.
            #expect(!said.contains("(\""), "\(said)")
        }
    }

    /// Up to five failed starts in a row count as chance; after more, a function waits for a growing time.
    @Test("Failed starts are forgotten once a function has served again")
    func forgetsFailedStarts() throws {
        let runner = try Runner()
        let id = String(runner.process.id)
        func limit(_ number: Int) throws { try Shell.run("prlimit --pid $1 --nofile=$2", [id, "\(number):1000"]) }
        let client = try runner.connect()
        #expect(try client.request("GET", "/nowhere").status == 404)
        for dispatch in Runner.dispatches {
            var statuses: [Int] = []
            for round in 0..<20 where round < 4 || dispatch != "reuse" && !statuses.isTriedOften {
                try limit(FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count)
                for _ in 0..<5 { statuses.append(try client.request("GET", "/\(dispatch)").status) }
                try limit(1000)
                #expect(try client.request("GET", "/\(dispatch)").status == 200, "\(dispatch)")
            }
            // A waiting reused process needs no descriptor, and one that has just ended may leave some.
            if dispatch != "reuse" { #expect(statuses.isTriedOften, "\(dispatch): \(statuses)") }
        }
    }

    @Test("A body that exceeds the file size limit gets 503, and the log has the reason")
    func limitsFileSizes() throws {
        let runner = try Runner(
            .init(
                maximumBody: 16 << 20, environment: Self.path,
                launcher: Surroundings.launcher("--file-size", String(4 << 20))))
        try expectServes(runner)
        let client = try runner.connect()
        let reply = try client.request("POST", "/reuse", body: String(repeating: "x", count: 6 << 20))
        #expect(reply.status == 503)
        #expect(runner.logs("writing a request's body to a temporary file: File too large"))
        try expectServes(runner)
    }

    @Test("Closed standard descriptors are not used for other files", arguments: ["0", "1", "2", "0,1,2"])
    func closedDescriptors(_ numbers: String) throws {
        let runner = try runner(["--close", numbers])
        try expectServes(runner)
        #expect(runner.folder.read("state/lock") == String(runner.process.id))
        for number in numbers.split(separator: ",") {
            let file = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(runner.process.id)/fd/\(number)")
            #expect(file == "/dev/null")
        }
    }

    @Test("The runner collects orphaned processes if it is a container's first process")
    func reapsOrphans() throws {
        let runner = try Runner(
            .init(
                environment: Self.path,
                launcher: Surroundings.namespaces("--pid", "--fork", "--mount-proc", "--kill-child")))
        let first = try #require(ProcessTable.descendants(of: runner.process.id).first)
        let client = try runner.connect()
        #expect(try client.request("GET", "/spawn?do=orphans&n=12").status == 200)
        #expect(poll { ProcessTable.descendants(of: first).isEmpty })
        // The signal that ends a container reaches this process too.
        kill(first, SIGTERM)
        #expect(runner.process.waitForEnd() == 0)
    }

    @Test("Locale, spaces, percent signs and non-ASCII letters in paths make no difference")
    func oddPaths() throws {
        let runner = try Runner(
            .init(environment: ["LANG": "C", "LC_ALL": "C"], state: "state of 100%20 é 'quoted' ?a=b#c"))
        try expectServes(runner)
        #expect(
            FileManager.default.fileExists(atPath: runner.folder.path("state of 100%20 é 'quoted' ?a=b#c/thalian.db")))
    }
}

extension [Int] {
    /// True if more starts have failed than a function tries without a pause.
    fileprivate var isTriedOften: Bool { count { $0 == 502 } > 5 }
}
