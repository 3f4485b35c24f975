import Base

/// The settings in which the servers of `dev` and `serve` differ.
struct ServerSettings {
    /// The token that callers of /cdn-cgi/* need. Nil if there are no such paths.
    var localToken: Secret?
    /// A folder for temporary files, tried after TMPDIR, /tmp and /var/tmp. Nil if there is none.
    var stateFolder: String?
    /// The pages about the server itself. Nil if the server has none.
    var pages: OwnPages?
    /// The address of a second port, which has only the pages about the server. Nil if there is none.
    var metricsAddress: ListenAddress?
    /// True if the only function serves all paths, except those of the server's own pages, as it does on a platform
    /// that runs it alone.
    var servesAnyPath = false
    /// The longest time, in seconds, from the first signal to the end of running work. In its first half, new requests
    /// are still accepted while others run. Nil if the time has no limit; then new connections are refused at once.
    var drainSeconds: Int?
}
