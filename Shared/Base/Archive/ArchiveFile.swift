/// A file or a folder in an archive. It has no time and no owner, so that equal files give equal archives.
public struct ArchiveFile: Sendable {
    /// The path in the archive, without a slash at its beginning or end.
    public let path: String
    /// The permissions, such as 0o755.
    public let mode: UInt16
    /// The content of a file; nil for a folder.
    public let content: [UInt8]?

    /// Describes a file.
    public init(_ path: String, mode: UInt16 = 0o644, _ content: [UInt8]) {
        (self.path, self.mode, self.content) = (path, mode, content)
    }

    /// Describes a folder.
    public init(folder path: String, mode: UInt16 = 0o755) {
        (self.path, self.mode, content) = (path, mode, nil)
    }
}

extension Sequence<ArchiveFile> {
    /// The files and folders, sorted by the bytes of their paths, so that the order does not depend on the caller. A
    /// folder comes before the files in it.
    var inOrder: [ArchiveFile] { sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) } }

    /// Returns a ZIP archive of the files, with their permissions. It has no entries for folders, because AWS SAM would
    /// give those the current time.
    public func zip() -> [UInt8] {
        var zip = ZIPWriter(.thorough)
        for file in inOrder {
            guard let content = file.content else { continue }
            zip.begin(file.path, mode: file.mode)
            zip.write(content)
            zip.end()
        }
        zip.finish()
        var bytes: [UInt8] = []
        zip.flush(ifLongerThan: 0) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Returns a tar archive of the files and folders (`TarWriter`), which belong to root.
    ///
    /// - Throws: `TarWriter.NoRoom` if a path is too long or a file too large for the format.
    public func tar() throws(TarWriter.NoRoom) -> [UInt8] {
        var tar = TarWriter()
        for file in inOrder { try tar.add(file) }
        tar.finish()
        return tar.bytes
    }
}
