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
        let lines = try python(
            """
            assert archive.testzip() is None
            print(*[f"{entry.filename} {entry.file_size} {hashlib.sha256(archive.read(entry)).hexdigest()}"
                for entry in archive.infolist()], sep="\\n")
            """, bytes)
        #expect(lines.count == 3)
        #expect(lines.map { $0.split(separator: " ")[1] } == ["0", "45000", "20000"])
        #expect(lines.last?.hasSuffix(SHA256.hexadecimal(random)) == true)
        #expect(bytes.contains(signature: [0x50, 0x4B, 6, 6]) == (largest < 5_001))
    }

    /// Runs lines of Python with the archive as `archive`; returns the lines of the output.
    private func python(_ script: String, _ bytes: [UInt8]) throws -> [Substring] {
        let folder = try TemporaryFolder()
        let path = folder.path("archive.zip")
        try Data(bytes).write(to: URL(filePath: path))
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", "import hashlib, sys, zipfile\narchive = zipfile.ZipFile(sys.argv[1])\n" + script, path,
        ]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text.split(separator: "\n")
    }

    /// The end record has two bytes for the number of entries (§4.4.21); 0xFFFF in them refers to ZIP64.
    @Test("The number of entries is whole, with ZIP64 from 65,535 entries on", arguments: [65_534, 65_535, 65_537])
    func manyEntries(_ count: Int) throws {
        let bytes = archive(largest: 0xFFFF_FFFE, (0..<count).map { (String($0), []) })
        let isLarge = count > 65_534
        #expect(bytes.contains(signature: [0x50, 0x4B, 6, 6]) == isLarge)
        let end = bytes.suffix(22)
        let written = end.dropFirst(8).prefix(4)
        #expect(Array(end.prefix(4)) == [0x50, 0x4B, 5, 6])
        #expect(Array(written) == (isLarge ? [0xFF, 0xFF, 0xFF, 0xFF] : [0xFE, 0xFF, 0xFE, 0xFF]))
        let lines = try python("print(len(archive.infolist()), archive.infolist()[-1].filename)", bytes)
        #expect(lines == ["\(count) \(count - 1)"])
    }

    @Test("Bytes are compressed to the same output in pieces as at once") func pieces() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0 % 13) }
        let whole = Deflater()
        let parts = Deflater()
        var outputs: ([UInt8], [UInt8]) = ([], [])
        whole.write(bytes, to: &outputs.0)
        parts.write(bytes, to: &outputs.1, inPiecesOf: 999)
        whole.finish(to: &outputs.0)
        parts.finish(to: &outputs.1)
        #expect(whole.checksum == parts.checksum && parts.count == 100_000)
        #expect(outputs.0 == outputs.1 && !outputs.0.isEmpty)
    }
}

extension [UInt8] {
    fileprivate func contains(signature: [UInt8]) -> Bool {
        indices.dropLast(signature.count).contains { self[$0..<$0 + signature.count].elementsEqual(signature) }
    }
}
