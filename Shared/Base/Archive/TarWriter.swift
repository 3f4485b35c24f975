/// Writes a tar archive in the format ustar (POSIX.1-1988), which all common readers know. Times are 0 and owners are
/// root without names, so that equal files in the same order give equal bytes.
public struct TarWriter {
    /// A path or a file that the format has no room for.
    public struct NoRoom: Error, CustomStringConvertible {
        public let path: String
        public var description: String { "\(path) does not fit into a tar archive: it or its path is too long" }
    }

    private static let blockLength = 512
    /// One more than the largest number that 11 octal digits can represent.
    private static let limit = 1 << 33

    /// The archive so far.
    public private(set) var bytes: [UInt8] = []

    /// Creates an archive without entries.
    public init() {}

    /// Adds a file or a folder.
    ///
    /// - Throws: `NoRoom` if the path (with a slash at its end for a folder) is longer than 100 bytes and can't be
    ///   divided at a slash so that at most 155 are before it and 100 behind it, or if the file has 8 GiB or more.
    public mutating func add(_ file: ArchiveFile) throws(NoRoom) {
        let path = Array((file.content == nil ? file.path + "/" : file.path).utf8)
        let length = file.content?.count ?? 0
        guard let (prefix, name) = Self.parts(path), length < Self.limit else { throw NoRoom(path: file.path) }
        var header: [UInt8] = []
        Self.append(name, 100, to: &header)
        Self.append(Self.octal(Int(clamping: file.mode), 7), 8, to: &header)
        Self.append(Self.octal(0, 7), 8, to: &header)  // The owner is root.
        Self.append(Self.octal(0, 7), 8, to: &header)
        Self.append(Self.octal(length, 11), 12, to: &header)
        Self.append(Self.octal(0, 11), 12, to: &header)  // The time is 1970.
        header += [UInt8](repeating: UInt8(ascii: " "), count: 8)
        header.append(UInt8(ascii: file.content == nil ? "5" : "0"))
        Self.append([], 100, to: &header)
        header += Array("ustar\u{0}00".utf8)
        Self.append([], 64, to: &header)  // Owner and group have no names.
        Self.append(Self.octal(0, 7), 8, to: &header)
        Self.append(Self.octal(0, 7), 8, to: &header)
        Self.append(prefix, 155, to: &header)
        Self.append([], 12, to: &header)
        // The checksum is the sum of the header's bytes, with blanks in its own place.
        let sum = header.reduce(0) { $0 + Int(clamping: $1) }
        bytes += header.prefix(148)
        bytes += Self.octal(sum, 6) + [0, UInt8(ascii: " ")]
        bytes += header.dropFirst(156)
        guard let content = file.content else { return }
        bytes += content
        let rest = length % Self.blockLength
        if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.blockLength - rest) }
    }

    /// Ends the archive with two empty blocks.
    public mutating func finish() { bytes += [UInt8](repeating: 0, count: 2 * Self.blockLength) }

    /// Divides a path between the two fields of a header. Returns nil if it does not fit.
    private static func parts(_ path: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        if path.count <= 100 { return ([], path) }
        for (place, byte) in path.enumerated() where byte == UInt8(ascii: "/") {
            let name = path.dropFirst(place + 1)
            if place <= 155, !name.isEmpty, name.count <= 100 { return (Array(path.prefix(place)), Array(name)) }
        }
        return nil
    }

    private static func octal(_ number: Int, _ digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array((String(repeating: "0", count: Swift.max(0, digits - text.utf8.count)) + text).utf8)
    }

    /// Appends a field of `width` bytes, with zeros at its end.
    private static func append(_ field: [UInt8], _ width: Int, to header: inout [UInt8]) {
        header += field.prefix(width)
        header += [UInt8](repeating: 0, count: Swift.max(0, width - field.count))
    }
}
