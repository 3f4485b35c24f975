import Archive
import Base
import Crypto
import Foundation
import TestSupport
import Testing

/// Archives of files for packages, read by Python's zipfile, tarfile and gzip.
@Suite struct ReproducibleArchiveTests {
    private static let long = String(repeating: "folder-of-twenty-one/", count: 7) + "file"
    private static let files = [
        ArchiveFile(folder: "tmp", mode: 0o1777), ArchiveFile("bootstrap", mode: 0o755, Array("#!/bin/sh\n".utf8)),
        ArchiveFile("a/empty", []), ArchiveFile(long, [UInt8](repeating: 7, count: 1_025)),
        ArchiveFile("a.txt", mode: 0o600, Array("text".utf8)),
    ]

    /// Runs a script of Python with the path of a file that contains `bytes`; returns the JSON that it prints.
    private func read(_ bytes: [UInt8], _ script: String) throws -> JSON {
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(filePath: folder.path("archive")))
        return try JSON(parsing: Array(Shell.run("python3 -c \"$1\" \"$2\"", [script, folder.path("archive")]).utf8))
    }

    @Test("A ZIP archive has sorted names, the time of 1980, Unix permissions, and no folders") func zip() throws {
        let bytes = Self.files.zip()
        let entries = try read(
            bytes,
            """
            import json, sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            print(json.dumps([[e.filename, list(e.date_time), e.create_system, e.external_attr >> 16, len(e.extra),
                archive.read(e).hex()] for e in archive.infolist()]))
            """)
        func entry(_ name: String, _ mode: Int, _ content: [UInt8]) -> JSON {
            [
                .string(name), [1980, 1, 1, 0, 0, 0], 3, .integer(0o100000 | mode), 0, .string(Hex.encode(content)),
            ]
        }
        #expect(
            entries == [
                entry("a.txt", 0o600, Array("text".utf8)), entry("a/empty", 0o644, []),
                entry("bootstrap", 0o755, Array("#!/bin/sh\n".utf8)),
                entry(Self.long, 0o644, [UInt8](repeating: 7, count: 1_025)),
            ])
        #expect(bytes == Self.files.reversed().zip())
    }

    @Test("Tar entries belong to root, have no times and no owner names, and may have long paths") func tar() throws {
        let bytes = try Self.files.tar()
        let entries = try read(
            bytes,
            """
            import json, sys, tarfile
            archive = tarfile.open(sys.argv[1], "r:")
            print(json.dumps([[e.name, e.type.decode(), e.mode, e.mtime, e.uid, e.gid, e.uname, e.gname, len(e.pax_headers),
                "" if e.isdir() else archive.extractfile(e).read().hex()] for e in archive.getmembers()]))
            """)
        func entry(_ name: String, _ type: String, _ mode: Int, _ content: [UInt8]) -> JSON {
            [.string(name), .string(type), .integer(mode), 0, 0, 0, "", "", 0, .string(Hex.encode(content))]
        }
        #expect(
            entries == [
                entry("a.txt", "0", 0o600, Array("text".utf8)), entry("a/empty", "0", 0o644, []),
                entry("bootstrap", "0", 0o755, Array("#!/bin/sh\n".utf8)),
                entry(Self.long, "0", 0o644, [UInt8](repeating: 7, count: 1_025)), entry("tmp", "5", 0o1777, []),
            ])
        #expect(bytes.count % 512 == 0)
        #expect(try bytes == Self.files.reversed().tar())
    }

    @Test("A path that ustar has no room for is refused") func longPaths() throws {
        for path in [String(repeating: "x", count: 101), String(repeating: "x/", count: 130)] {
            #expect(throws: TarWriter.NoRoom.self) { try [ArchiveFile(path, [])].tar() }
        }
        #expect(throws: Never.self) { try [ArchiveFile(String(repeating: "x", count: 100), [])].tar() }
    }

    @Test("A gzip file has no time, no name and an unknown system, and Python reads it") func gzip() throws {
        let content = [UInt8](String(repeating: "content ", count: 20_000).utf8)
        let bytes = Gzip.compress(content)
        #expect(bytes.prefix(10) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
        let found = try read(
            bytes,
            """
            import gzip, hashlib, json, sys
            print(json.dumps(hashlib.sha256(gzip.open(sys.argv[1]).read()).hexdigest()))
            """)
        #expect(found == .string(SHA256.hexadecimal(content)))
    }
}
