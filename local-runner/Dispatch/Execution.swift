/// One request that a process of a function is serving.
protocol Execution: AnyObject {
    /// The connection that the response goes to; nil if the client has left.
    var client: Connection? { get }
    /// The time at which the process is killed if it still serves the request, in microseconds on the monotonic clock.
    var deadline: Int { get }
    /// True while the function waits because the client has not read enough of the response.
    var isPaused: Bool { get }

    /// Continues after a pause.
    func resume()
    /// Kills the process, because the client has left before the response was complete.
    func abandon()
    /// Sends the client an error, and kills the process, because the time for the request is up.
    func expire()
}
