import Archive
import Base

/// A package for a machine with systemd: an archive to be unpacked at the root, with the executables and the units.
struct SystemdPackage {
    private let source: PackageSource
    private let units: SystemdUnits

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        guard source.name.first?.isLetter == true, source.name.utf8.count <= 31 else {
            throw Failure(
                "the services run as the user \(source.name), which is no name of a user; give \"name\" in "
                    + "wrangler-like.json at most 31 characters, of which the first is a letter")
        }
        units = SystemdUnits(source, prefix: try InstallationFolder(source, arguments))
    }

    /// Writes the archive. Returns the instructions for installing it.
    func write(into folder: inout PackageFolder) throws -> String {
        var files = [
            ArchiveFile(units.prefix.file("local-runner"), mode: 0o755, source.runner),
            ArchiveFile(units.prefix.file(Configuration.fileName), source.configurationFile),
            ArchiveFile(units.prefix.file(PackageSource.componentsFile), source.components),
            ArchiveFile(units.prefix.file(OpenAPIDocument.fileName), source.openAPI),
        ]
        for function in source.functions {
            files.append(
                ArchiveFile(
                    units.prefix.file(function.function), mode: 0o755, try source.executable(function.function)))
        }
        files += try units.all
        let archive = "\(source.name)-\(source.machine.rawValue).tar.gz"
        try folder.write(archive, files) { Gzip.compress(try $0.tar()) }
        return """
            Next, as root on the target, with these secrets as files in /etc/\(source.name)/secrets \
            (\(source.neededSecrets.joined(separator: ", "))):
              tar -xzf \(archive) -C /
              systemctl daemon-reload
              systemctl start \(source.name)-migrate.service
              systemctl enable --now \(Self.enabled(files.map(\.path), source.name).joined(separator: " "))
            """
    }

    /// Returns the names of the units among `files` that are to be enabled: the server and all timers; or if there is a
    /// worker, the server, the worker and the only timer whose work the worker does not do.
    static func enabled(_ files: [String], _ name: String) -> [String] {
        let units = files.map { String($0.cut(atLast: "/")?.behind ?? $0[...]) }
        let timers = units.filter { $0.hasSuffix(".timer") }
        let worker = "\(name)-work.service"
        guard units.contains(worker) else { return ["\(name).service"] + timers }
        return ["\(name).service", worker] + timers.filter { $0 == "\(name)-scheduled-session-keys.timer" }
    }
}

/// The folder on the target machine that contains a package's files.
struct InstallationFolder {
    /// The absolute path.
    let path: String

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        path = arguments["--prefix"] ?? "/opt/\(source.name)"
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/-_.".utf8.contains(byte)
            }
        }
        guard path.hasPrefix("/"), isPlain, !path.hasSuffix("/") else {
            throw UsageError("--prefix \(path): write an absolute path of letters, digits and - _ .")
        }
    }

    /// Returns the path of a file in an archive that is unpacked at the root.
    func file(_ name: String) -> String { "\(path)/\(name)".drop { $0 == "/" }.description }
}
