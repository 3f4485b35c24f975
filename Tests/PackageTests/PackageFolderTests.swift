import Foundation
import TestSupport
import Testing

@testable import local_runner

/// The folder that a package is written into.
@Suite struct PackageFolderTests {
    private let parent: TemporaryFolder
    private var path: String { parent.path("package") }

    init() throws { parent = try TemporaryFolder() }

    /// Makes a package with these files and the list of components.
    private func make(_ path: String, _ files: [String] = ["a", "b/c"]) throws {
        var folder = try PackageFolder(path, secrets: [:])
        do {
            for file in files + [PackageSource.componentsFile] {
                try folder.write(file, []) { _ in Array("content".utf8) }
            }
            _ = try folder.finish()
        } catch {
            folder.discard()
            throw error
        }
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test("A package replaces a package or an empty folder, and leaves nothing else") func replaces() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try make(path)
        try make(path, ["d"])
        #expect(try names(path) == ["SHA256SUMS", "components.cdx.json", "d"])
        #expect(try names(parent.path) == ["package"])
    }

    @Test(
        "A folder with a file that its SHA256SUMS does not list is not replaced",
        arguments: ["notes.txt", "b/notes.txt", "new/notes.txt"])
    func foreignFile(_ name: String) throws {
        try make(path)
        let file = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: file)
        #expect(throws: Failure.self) { try make(path) }
        #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
        #expect(try names(parent.path) == ["package"])
    }

    @Test("A folder of downloads with a SHA256SUMS of its own is not replaced") func downloads() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try parent.write("package/image.iso", "image")
        try parent.write("package/SHA256SUMS", String(repeating: "0", count: 64) + "  image.iso\n")
        #expect(throws: Failure.self) { try make(path) }
        #expect(parent.read("package/image.iso") == "image")
    }

    @Test("Slashes at the end of the path have no meaning") func slashes() throws {
        try make(path + "//")
        try make(path + "/", ["d"])
        #expect(try names(path).contains("d") && names(parent.path) == ["package"])
    }

    @Test("Links and files in the place of the folder are refused before anything is written")
    func links() throws {
        try make(parent.path("other"))
        try parent.write("file", "content")
        for (name, target) in [("dangling", "nowhere"), ("link", "other")] {
            try FileManager.default.createSymbolicLink(atPath: parent.path(name), withDestinationPath: target)
        }
        let before = try names(parent.path)
        for name in ["dangling", "link", "file", "other/.", "other/.."] {
            #expect(throws: Failure.self, "\(name)") { try PackageFolder(parent.path(name), secrets: [:]) }
        }
        #expect(try names(parent.path) == before)
    }

    /// Another user could have made a folder of a name that is known beforehand.
    @Test("The package is written in a new folder that only this user can use") func temporaryFolder() throws {
        let known = "\(path).\(getpid())"
        try FileManager.default.createDirectory(atPath: known, withIntermediateDirectories: false)
        var folder = try PackageFolder(path, secrets: [:])
        try folder.write("a", []) { _ in Array("content".utf8) }
        let made = try names(parent.path).filter { $0 != "package.\(getpid())" }
        #expect(made.count == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: parent.path(try #require(made.first)))
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        _ = try folder.finish()
        #expect(try names(known) == [] && names(path) == ["SHA256SUMS", "a"])
        // Other users may read the package as far as the process's umask allows it.
        let finished = try FileManager.default.attributesOfItem(atPath: path)
        #expect((finished[.posixPermissions] as? Int).map { $0 | 0o055 } == 0o755)
    }

    @Test("A link with a name that others could know is not followed when a file is written")
    func temporaryFile() throws {
        let victim = parent.path("victim")
        try parent.write("victim", "content")
        #expect(symlink(victim, parent.path("file.\(getpid())")) == 0)
        try File.write(parent.path("file"), Array("new".utf8), mode: 0o600)
        #expect(parent.read("file") == "new" && parent.read("victim") == "content")
        #expect(try names(parent.path) == ["file", "victim"])
    }

    @Test(
        "Only units in the package are named as units to be enabled",
        arguments: [
            (["x.service", "x-migrate.service"], ["x.service"]),
            (["x.service", "x-a.service", "x-a.timer"], ["x.service", "x-a.timer"]),
            (
                ["x.service", "x-a.timer", "x-work.service", "x-scheduled-session-keys.timer"],
                ["x.service", "x-work.service", "x-scheduled-session-keys.timer"]
            ), (["x.service", "x-a.timer", "x-work.service"], ["x.service", "x-work.service"]),
        ])
    func units(_ names: [String], _ enabled: [String]) {
        #expect(SystemdPackage.enabled(names.map { "etc/systemd/system/" + $0 }, "x") == enabled)
    }
}
