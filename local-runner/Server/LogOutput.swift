import CSystem
import Glibc

/// Where log lines go, written without ever waiting for whoever reads them.
///
/// A standard error that is a pipe or a terminal belongs to other processes too, which O_NONBLOCK would surprise. So it is
/// opened once more, by /proc, for this process alone. Where that can't be, a piece of at most PIPE_BUF bytes is written
/// when poll(2) says that there is room: a pipe then takes it whole (pipe(7)).
struct LogOutput {
    private enum Way {
        /// A file takes all at once. Also what was opened once more.
        case plain
        case socket
        case polled
    }

    /// What became of a write.
    enum Progress: Equatable {
        /// So many bytes are written.
        case written(Int)
        /// There is no room now.
        case full
        /// Nobody reads any more, or the disk is full.
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

    /// Writes as much of `bytes` as there is room for, some of it at least.
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

    /// Waits until there is room, at most so long.
    func hasRoom(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
