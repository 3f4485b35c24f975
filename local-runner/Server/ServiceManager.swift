import Base
import CSystem
import Glibc

/// Tells systemd about the state of this service (sd_notify(3)): each message is a datagram to the socket that
/// NOTIFY_SOCKET names.
struct ServiceManager {
    /// The longest time between two messages to the watchdog, in microseconds. Nil if systemd expects none.
    let watchdogInterval: Int?
    private let path: [UInt8]
    private let descriptor: Int32

    /// Reads the variables that systemd sets for the service itself, and removes them from this process's environment,
    /// so that its child processes don't get them. Returns nil if systemd did not start this process or expects no
    /// messages, or if its socket can't be used.
    static func take() -> ServiceManager? {
        let names = [
            "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
        ]
        let values = names.reduce(into: [String: String]()) { values, name in
            values[name] = getenv(name).map { String(cString: $0) }
            unsetenv(name)
        }
        return ServiceManager(values)
    }

    /// Reads the variables. Returns nil if NOTIFY_SOCKET does not name a usable socket, or if no socket can be opened.
    /// The interval of the watchdog is ignored if WATCHDOG_PID is another process.
    init?(_ values: [String: String], process: pid_t = getpid()) {
        // The address is "/path", or "@name" for a name outside of the file system, which the kernel writes with a zero
        // byte in front.
        guard let address = values["NOTIFY_SOCKET"], address.hasPrefix("/") || address.hasPrefix("@") else {
            return nil
        }
        var path = Array(address.utf8)
        if path.first == UInt8(ascii: "@") { path = [0] + path.dropFirst() }
        guard path.count > 1, path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.path = path
        self.descriptor = descriptor
        let isOurs = values["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        watchdogInterval = isOurs ? values["WATCHDOG_USEC"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } : nil
    }

    /// Sends a line such as `READY=1`. The line is lost if systemd does not accept it at once.
    func tell(_ line: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout<sa_family_t>.size + path.count
        let bytes = Array(line.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0,
                    socklen_t(clamping: length))
            }
        }
    }
}
