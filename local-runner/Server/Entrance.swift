/// A port on which the server accepts connections.
final class Entrance: EventHandler, Continuation {
    let listener: Listener
    /// True for the port that has only the server's own pages.
    let isForPages: Bool
    /// True if clients may be waiting to be accepted.
    var mayAccept = true
    /// False once the port is closed.
    private(set) var isOpen = true

    init(_ listener: Listener, isForPages: Bool) {
        self.listener = listener
        self.isForPages = isForPages
    }

    func handle(_ readiness: Readiness) { mayAccept = true }

    /// Lets the server accept more of the waiting clients at the end of this turn of the loop.
    func proceed() { mayAccept = true }

    /// Stops listening.
    func close() {
        guard isOpen else { return }
        isOpen = false
        listener.close()
    }
}
