/// Writes a ZIP archive (PKWARE's APPNOTE.TXT, version 6.3.10) as a stream: the sizes of an entry follow it in a data
/// descriptor. Equal entries in the same order give equal bytes with the same zlib, since no time is written. ZIP64
/// records are written only for numbers that need them, since some spreadsheet programs complain about unneeded ones.
public struct ZIPWriter: ~Copyable {
    private struct Entry {
        let name: [UInt8]
        let offset: UInt64
        /// The file's type and permissions as Unix has them; nil if the archive says nothing about them.
        let mode: UInt16?
        var checksum: UInt = 0
        var compressedSize: UInt64 = 0
        var size: UInt64 = 0
    }

    private var bytes: [UInt8] = []
    private var handedOver: UInt64 = 0
    private var entries: [Entry] = []
    private let level: Deflater.Level
    private var deflater: Deflater
    private var contentStart: UInt64 = 0
    /// The largest size or offset that is written without ZIP64.
    private let largest: UInt64
    /// The largest number of entries that is written without ZIP64.
    private static let mostEntries = 0xFFFE

    /// Creates an archive without entries. Only tests pass another `largest`.
    public init(_ level: Deflater.Level = .fast, largest: UInt64 = 0xFFFF_FFFE) {
        self.level = level
        self.largest = largest
        deflater = Deflater(level)
    }

    /// Passes the bytes that no sink has received yet to `sink`, if there are more than `length`.
    public mutating func flush(
        ifLongerThan length: Int = 65_536, to sink: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard bytes.count > length else { return }
        try bytes.withUnsafeBytes(sink)
        handedOver += UInt64(bytes.count)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Begins an entry. All bytes that `write` gets until `end()` are its content. `mode` contains a regular file's
    /// permissions, such as 0o755.
    public mutating func begin(_ name: String, mode: UInt16? = nil) {
        let entry = Entry(name: Array(name.utf8), offset: position, mode: mode.map { 0o100000 | $0 })
        entries.append(entry)
        append(0x0403_4B50, bytes: 4)
        appendDescription(of: entry)
        append(0, bytes: 12)  // The data descriptor has the CRC-32 and the sizes (§4.4.4, bit 3).
        append(UInt64(entry.name.count), bytes: 2)
        append(0, bytes: 2)
        bytes += entry.name
        contentStart = position
        deflater = Deflater(level)
    }

    /// Adds to the content of the current entry.
    public mutating func write(_ content: [UInt8]) { deflater.write(content, to: &bytes) }

    /// Ends the entry.
    public mutating func end() {
        guard var entry = entries.popLast() else { return }
        deflater.finish(to: &bytes)
        entry.checksum = deflater.checksum
        entry.compressedSize = position - contentStart
        entry.size = deflater.count
        entries.append(entry)
        // The data descriptor is defined in §4.3.9.
        append(0x0807_4B50, bytes: 4)
        append(UInt64(entry.checksum), bytes: 4)
        let width = entry.size > largest || entry.compressedSize > largest ? 8 : 4
        append(entry.compressedSize, bytes: width)
        append(entry.size, bytes: width)
    }

    /// Writes the central directory (§4.3.12) and the end of the archive.
    public mutating func finish() {
        let start = position
        for entry in entries {
            // Numbers that don't fit go into the ZIP64 extended information (§4.5.3), in this order.
            let large = [entry.size, entry.compressedSize, entry.offset].filter { $0 > largest }
            append(0x0201_4B50, bytes: 4)
            // The upper byte says that the attributes are those of Unix (§4.4.2).
            append((large.isEmpty ? 20 : 45) | (entry.mode == nil ? 0 : 3 << 8), bytes: 2)
            appendDescription(of: entry, isLarge: !large.isEmpty)
            append(UInt64(entry.checksum), bytes: 4)
            append(clipped(entry.compressedSize), bytes: 4)
            append(clipped(entry.size), bytes: 4)
            append(UInt64(entry.name.count), bytes: 2)
            append(large.isEmpty ? 0 : UInt64(4 + 8 * large.count), bytes: 2)
            append(0, bytes: 6)  // The fields are: no comment, disk 0, no internal attributes.
            append(UInt64(clamping: entry.mode ?? 0) << 16, bytes: 4)
            append(clipped(entry.offset), bytes: 4)
            bytes += entry.name
            guard !large.isEmpty else { continue }
            append(0x0001, bytes: 2)
            append(UInt64(8 * large.count), bytes: 2)
            for number in large { append(number, bytes: 8) }
        }
        appendEnd(start: start, size: position - start)
    }

    private var position: UInt64 { handedOver + UInt64(bytes.count) }

    private func clipped(_ number: UInt64) -> UInt64 { number > largest ? 0xFFFF_FFFF : number }

    /// Appends the fields from the version to the date, which both headers of an entry have: DEFLATE, a data
    /// descriptor, names in UTF-8, and the earliest possible date, since there is none.
    private mutating func appendDescription(of entry: Entry, isLarge: Bool = false) {
        append(isLarge ? 45 : 20, bytes: 2)
        append(0x0808, bytes: 2)
        append(8, bytes: 2)
        append(0, bytes: 2)
        append(0x0021, bytes: 2)
    }

    /// Appends the records that end the archive (§4.3.14 to §4.3.16), those of ZIP64 only if they are needed.
    private mutating func appendEnd(start: UInt64, size: UInt64) {
        let count = UInt64(entries.count)
        let isMany = entries.count > Self.mostEntries
        if isMany || start > largest || size > largest {
            let end = position
            append(0x0606_4B50, bytes: 4)
            append(44, bytes: 8)
            append(45, bytes: 2)
            append(45, bytes: 2)
            append(0, bytes: 8)
            append(count, bytes: 8)
            append(count, bytes: 8)
            append(size, bytes: 8)
            append(start, bytes: 8)
            append(0x0706_4B50, bytes: 4)
            append(0, bytes: 4)
            append(end, bytes: 8)
            append(1, bytes: 4)
        }
        append(0x0605_4B50, bytes: 4)
        append(0, bytes: 4)
        append(isMany ? 0xFFFF : count, bytes: 2)
        append(isMany ? 0xFFFF : count, bytes: 2)
        append(clipped(size), bytes: 4)
        append(clipped(start), bytes: 4)
        append(0, bytes: 2)
    }

    /// Appends the lowest `count` bytes of a number in little-endian order, with zeros beyond the eighth.
    private mutating func append(_ number: UInt64, bytes count: Int) {
        for byte in 0..<count { bytes.append(byte < 8 ? UInt8(truncatingIfNeeded: number >> (8 * byte)) : 0) }
    }
}
