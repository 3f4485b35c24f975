/// One request at a process of a function.
protocol Execution: AnyObject {
    /// Where the response goes; nil when nobody waits for it any more.
    var client: Connection? { get }
    /// When the process is killed, in microseconds on the monotonic clock.
    var deadline: Int { get }
    /// Whether it waits for the client to take what the function has written.
    var isPaused: Bool { get }

    /// Goes on after a pause.
    func resume()
    /// The client has gone: ends the process, unless it has answered.
    func abandon()
    /// The time is up: ends the process. The client has its answer already.
    func expire()
}
