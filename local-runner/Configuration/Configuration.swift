import Base

/// What wrangler-like.json says, read, checked and resolved for one environment: nothing in it is left to
/// look up, and every function carries the limits and the variables that hold for it.
struct Configuration: Sendable {
    var name: String
    var listen: ListenAddress
    var functions: [FunctionConfiguration]
    var crons: [CronTrigger]
    /// The values of all variables and secrets by name, for the runner's own verbs.
    var variables: [String: Secret]

    /// Gives a variable another value, for the runner and for every function that is bound to it.
    mutating func set(_ name: String, to value: Secret) {
        variables[name] = value
        for index in functions.indices {
            for binding in functions[index].environment.indices
            where functions[index].environment[binding].name == name {
                functions[index].environment[binding].value = value
            }
        }
    }
}

/// Where the runner listens. Port 0 lets the system pick one.
struct ListenAddress: Sendable, Equatable {
    var ip: String
    var port: UInt16
}

/// How requests reach the processes of a function.
enum Dispatch: String, Sendable, CaseIterable {
    /// A template process forks one child for each request.
    case isolated
    /// Warm processes serve up to `requestsPerProcess` requests in turn.
    case reuse
    /// One exec for each request, over CGI.
    case spawn
}

/// The credentials by which callers of a function prove who they are.
enum Credentials: String, Sendable, CaseIterable {
    /// A session token, in Authorization.
    case session
    /// An API key, in Authorization or X-Api-Key.
    case apiKey
}

/// What one function may use.
struct Limits: Sendable, Equatable {
    /// From the request's arrival at the function to the end of its waitUntil work.
    var timeoutMilliseconds = 30_000
    /// Bodies beyond this get 413.
    var maxBodyBytes = 1 << 20
    /// Address space of one process (RLIMIT_AS), in MiB.
    var memoryMegabytes = 512
    /// Requests in the function at once; more wait briefly, then get 503.
    var concurrency = 8
}

/// One entry of "functions".
struct FunctionConfiguration: Sendable {
    /// `/api/health`; for a scheduled function `/scheduled/housekeeping`, which HTTP does not reach.
    var route: String
    /// The executable's name, such as `api-health`, looked up in the folder of built functions.
    var function: String
    /// Upper-case method names, without HEAD, which GET implies.
    var methods: [String]
    var dispatch: Dispatch
    /// The runner itself refuses requests that carry none at all; nil for a function that anyone may call.
    var credentials: Credentials?
    var limits: Limits
    /// The variables and secrets that the function's bindings name, with their values; nothing else
    /// reaches the function's environment.
    var environment: [(name: String, value: Secret)]
}

/// One entry of "triggers.crons".
struct CronTrigger: Sendable {
    var cron: CronExpression
    /// The executable's name, such as `scheduled-housekeeping`.
    var function: String
}
