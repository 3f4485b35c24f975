import Crypto
import Foundation
import TestSupport
import Testing

@testable import Archive

/// Checks archives with Python's zipfile.
@Suite struct ZIPWriterTests {
    private func archive(largest: UInt64, _ entries: [(String, [UInt8])]) -> [UInt8] {
        var zip = ZIPWriter(largest: largest)
        var bytes: [UInt8] = []
        for (name, content) in entries {
            zip.begin(name)
            for start in stride(from: 0, to: content.count, by: 1_000) {
                zip.write(Array(content[start..<min(start + 1_000, content.count)]))
                zip.flush(ifLongerThan: 100) { bytes.append(contentsOf: $0) }
            }
            zip.end()
        }
        zip.finish()
        zip.flush(ifLongerThan: 0) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// An archive above the limit has a ZIP64 end record; one below the limit has none.
    @Test("Python's zipfile reads archives with and without ZIP64", arguments: [UInt64(0xFFFF_FFFE), 5_000, 200, 10])
    func othersReadIt(_ largest: UInt64) throws {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<20_000).map { _ in generator.next() as UInt8 }
        let bytes = archive(
            largest: largest,
            [("empty", []), ("a/text.txt", Array(String(repeating: "text ", count: 9_000).utf8)), ("random", random)])
        let folder = try TemporaryFolder()
        let path = folder.path("archive.zip")
        try Data(bytes).write(to: URL(filePath: path))
        let script = """
            import hashlib, sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            print(*[f"{entry.filename} {entry.file_size} {hashlib.sha256(archive.read(entry)).hexdigest()}"
                for entry in archive.infolist()], sep="\\n")
            """
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, path]
        process.standardOutput = output
        try process.run()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .split(separator: "\n")
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && lines.count == 3)
        #expect(lines.map { $0.split(separator: " ")[1] } == ["0", "45000", "20000"])
        #expect(lines.last?.hasSuffix(SHA256.hexadecimal(random)) == true)
        #expect(bytes.contains(signature: [0x50, 0x4B, 6, 6]) == (largest < 5_001))
    }
}

extension [UInt8] {
    fileprivate func contains(signature: [UInt8]) -> Bool {
        indices.dropLast(signature.count).contains { self[$0..<$0 + signature.count].elementsEqual(signature) }
    }
}
