/// One request that a process of a function is serving.
protocol Execution: AnyObject {
    /// The connection that the response goes to; nil if the client has left.
    var client: Connection? { get }
    /// The time at which the process is killed, in microseconds on the monotonic clock.
    var deadline: Int { get }
    /// True while the function waits because the client has not read enough of the response.
    var isPaused: Bool { get }

    /// Continues after a pause.
    func resume()
    /// Ends the process, because the client has left. Does nothing if the response is complete.
    func abandon()
    /// Ends the process, because its time is up. The client already got an error.
    func expire()
}
