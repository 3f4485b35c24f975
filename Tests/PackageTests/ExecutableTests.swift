import Base
import Foundation
import TestSupport
import Testing

@testable import local_runner

/// Reads real and made-up executables, and bytes that are not executables.
@Suite struct ExecutableTests {
    /// Returns a static executable whose header names a segment of `length` bytes, behind the table of segments.
    private static func executable(
        machine: UInt8 = 62, type: UInt8 = 1, length: UInt64 = 10, tail: Int = 0, count: UInt8 = 1
    ) -> [UInt8] {
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
        bytes[18] = machine
        bytes[32] = 64
        bytes[40] = 0x99
        (bytes[54], bytes[56], bytes[60], bytes[62]) = (56, count, 7, 6)
        var segment = [UInt8](repeating: 0, count: 56)
        segment[0] = type
        segment[8] = 120
        for byte in 0..<8 { segment[32 + byte] = UInt8(truncatingIfNeeded: length >> (8 * UInt64(byte))) }
        return bytes + segment + [UInt8](repeating: 1, count: 10) + [UInt8](repeating: 2, count: tail)
    }

    @Test("The bytes behind the last segment are cut off, and the header names no sections") func cut() throws {
        let bytes = Self.executable(tail: 1_000)
        let executable = try Executable(bytes)
        #expect(executable.machine == .x86_64)
        #expect(executable.stripped.count == 130)
        #expect(
            executable.stripped[40..<48].allSatisfy { $0 == 0 } && executable.stripped[60..<64].allSatisfy { $0 == 0 })
        #expect(executable.stripped[..<40] == bytes[..<40] && executable.stripped[64...] == bytes[64..<130])
        #expect(try Executable(Self.executable(machine: 183)).machine == .arm64)
    }

    @Test("Other files are refused, and cut or hostile ones do not trap") func refusals() throws {
        func refusal(_ bytes: [UInt8]) -> String {
            do throws(Executable.Refusal) {
                _ = try Executable(bytes)
                return "accepted"
            } catch { return error.description }
        }
        #expect(refusal([]).contains("no executable") && refusal(Array("#!/bin/sh".utf8)).contains("no executable"))
        #expect(refusal(Self.executable(machine: 3)).contains("processor"))
        #expect(refusal(Self.executable(type: 2)).contains("shared libraries"))
        #expect(refusal(Self.executable(type: 3)).contains("shared libraries"))
        #expect(refusal(Self.executable(length: 11)).contains("cut off"))
        #expect(refusal(Self.executable(length: .max)).contains("cut off"))
        #expect(refusal(Self.executable(count: 255)).contains("program headers"))
        #expect(refusal(Self.executable(count: 0)).contains("program headers"))
        let whole = Self.executable()
        for length in whole.indices { #expect(refusal(Array(whole[..<length])) != "accepted") }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<3 { bytes[Int.random(in: 6..<120, using: &generator)] = UInt8.random(in: 0...255) }
            _ = refusal(bytes)
        }
    }

    @Test("An executable that is not static, such as /bin/sh, is refused")
    func dynamicExecutables() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: "/bin/sh")))
        #expect(throws: Executable.Refusal.self) { try Executable(bytes) }
    }

    @Test(
        "An executable without its symbols is smaller and works",
        .enabled(if: BuiltProducts.areRelease, "Tests/run makes a release build"))
    func works() throws {
        for name in ["api-health", "local-runner"] {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: BuiltProducts.program(name))))
            let stripped = try Executable(bytes).stripped
            #expect(stripped.count < bytes.count * 9 / 10)
            let folder = try TemporaryFolder()
            try Data(stripped).write(to: URL(filePath: folder.path("program")))
            let version = #"chmod 755 "$1"; "$1" --version"#
            #expect(
                try Shell.run(version, [folder.path("program")]) == Shell.run(version, [BuiltProducts.program(name)]))
        }
    }
}
