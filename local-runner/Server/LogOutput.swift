import CSystem
import Glibc

/// Writes log lines without waiting for a slow reader.
///
/// If the output is a pipe or a terminal, other processes may share it, and O_NONBLOCK would affect them too. So it is
/// opened a second time, through /proc, for this process alone. If that is not possible, at most PIPE_BUF bytes are
/// written when poll(2) reports room, because a pipe then takes them at once (pipe(7)).
struct LogOutput {
    private enum Way {
        /// A file, which takes everything at once, or a descriptor that was opened a second time.
        case plain
        case socket
        case polled
    }

    /// The result of a write.
    enum Progress: Equatable {
        /// This number of bytes was written.
        case written(Int)
        /// The output can take no more bytes now.
        case full
        /// No byte was written, because the reader has closed the pipe, the disk is full, or for another reason.
        case failed
    }

    private static let atomicPiece = 4096

    private let descriptor: Int32
    private let way: Way

    init(_ descriptor: Int32) {
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        switch kind {
        case S_IFSOCK: (self.descriptor, way) = (descriptor, .socket)
        case S_IFIFO, S_IFCHR:
            let own = csystem_open(
                "/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)
            (self.descriptor, way) = own >= 0 ? (own, .plain) : (descriptor, .polled)
        default: (self.descriptor, way) = (descriptor, .plain)
        }
    }

    /// Writes all of `bytes`, or as many as there is room for now. Returns `full` if there is no room.
    func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        while true {
            let length: Int
            switch way {
            case .plain: length = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            case .socket:
                length = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            case .polled:
                guard hasRoom(milliseconds: 0) else { return .full }
                length = Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.atomicPiece))
            }
            if length >= 0 { return .written(length) }
            if errno == EAGAIN { return .full }
            if errno != EINTR { return .failed }
        }
    }

    /// Waits until there is room or the reader has closed the output, for at most `milliseconds`. Returns false if
    /// neither happens by then.
    func hasRoom(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
