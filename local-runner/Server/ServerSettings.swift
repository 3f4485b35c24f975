import Base

/// The parts of a server that `dev` and `serve` do not have in common.
struct ServerSettings {
    /// The token that callers of /cdn-cgi/* need. Nil if there are no such paths.
    var localToken: Secret?
    /// The folder for temporary files if no other one is writable. Nil if there is none.
    var stateFolder: String?
    /// The pages about the server itself. Nil if it has none.
    var pages: OwnPages?
    /// The address of a second port, which has only the pages about the server. Nil if there is none.
    var metricsAddress: ListenAddress?
    /// True if the only function serves all paths, as it does on a platform that runs it alone.
    var servesAnyPath = false
    /// The time in seconds in which running work must end after the first signal. In its first half, new requests are
    /// still served while others run. Nil if there is no limit; then new requests are refused at once.
    var drainSeconds: Int?
}
