/// The gzip format (RFC 1952).
public enum Gzip {
    /// Compresses `content`. The header has no time and no name, and says "unknown" for the system, so that equal
    /// contents give equal bytes with the same zlib.
    public static func compress(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        let deflater = Deflater(.thorough)
        deflater.write(content, to: &bytes)
        deflater.finish(to: &bytes)
        for number in [UInt64(clamping: deflater.checksum), deflater.count] {
            for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
        }
        return bytes
    }
}
