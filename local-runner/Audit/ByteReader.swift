import Base
import CSystem
import Glibc

/// Reads a file byte by byte, through a buffer.
final class ByteReader {
    private let path: String
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var position = 0
    private var end = 0

    /// Opens the file.
    init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = csystem_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Returns the next byte without consuming it, or nil at the end of the file.
    func peek() throws(FileError) -> UInt8? {
        if position == end {
            var length = -1
            repeat {
                length = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            } while length < 0 && errno == EINTR
            guard length >= 0 else { throw FileError(path: path, code: errno) }
            (position, end) = (0, length)
        }
        return position < end ? buffer[at: position] : nil
    }

    /// Consumes the byte that `peek()` returned.
    func skip() { position += 1 }
}
