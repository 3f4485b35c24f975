import Base

/// The contents of wrangler-like.json, checked and resolved for one environment. Every function has its own limits and
/// variables in it, so nothing needs to be looked up later.
struct Configuration: Sendable {
    var name: String
    /// The day of the interface that the functions serve, such as 2026-04-15; the version of the OpenAPI document.
    var compatibilityDate = "2026-04-15"
    var listen: ListenAddress
    var functions: [FunctionConfiguration]
    var crons: [CronTrigger]
    /// The values of all variables and secrets by name, for the runner itself.
    var variables: [String: Secret]
    /// Sentences without full stops about values that are probably mistakes, although functions accept them, and about
    /// values that are not used.
    var warnings: [String] = []

    /// The URL of the database. Empty if the configuration has none.
    var databaseURL: Secret { variables["DATABASE_URL"] ?? Secret("") }

    /// Changes the value of a variable, for the runner and for every function that is bound to it.
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

/// The address on which the runner listens. With port 0 the system picks a free one.
struct ListenAddress: Sendable, Equatable {
    var ip: String
    var port: UInt16
}

/// The way in which a request reaches a process of a function.
enum Dispatch: String, Sendable, CaseIterable {
    /// A template process forks a child process for each request.
    case isolated
    /// A process serves many requests, one after the other.
    case reuse
    /// Each request starts a new process, over CGI.
    case spawn
}

/// The credentials that callers of a function must send.
enum Credentials: String, Sendable, CaseIterable {
    /// A session token, in the field Authorization.
    case session
    /// An API key, in the field Authorization or X-Api-Key.
    case apiKey
    /// One of both. Some methods of the function may accept only session tokens. X-Api-Key is used only if there is no
    /// field Authorization.
    case sessionOrApiKey
}

/// The limits of one function.
struct Limits: Sendable, Equatable {
    /// The longest time from the arrival of a request at the function to the end of all work for it, waitUntil
    /// included.
    var timeoutMilliseconds = 30_000
    /// The maximum length of a request's body. A longer one is answered with 413.
    var maxBodyBytes = 1 << 20
    /// The largest address space of one process (RLIMIT_AS), in MiB.
    var memoryMegabytes = 512
    /// The largest number of requests that the function serves at the same time. Further requests wait for about a
    /// second at most, and get 503 if no place becomes free or too many others wait.
    var concurrency = 8
}

/// An entry of "functions".
struct FunctionConfiguration: Sendable {
    /// The path, such as `/api/health`. HTTP does not reach a scheduled function, such as `/scheduled/housekeeping`.
    var route: String
    /// The name of the executable in the folder of built functions, such as `api-health`.
    var function: String
    /// The method names in upper case, without HEAD, which GET implies.
    var methods: [String]
    var dispatch: Dispatch
    /// The credentials that the function requires. The runner itself refuses requests without any. Nil if the runner
    /// requires none; the function may still check a signature.
    var credentials: Credentials?
    var limits: Limits
    /// True if responses may be too long to be kept in memory. Some platforms must be configured to stream the
    /// responses of such a function.
    var streams = false
    /// The variables and secrets named in the function's bindings, with their values. The function's environment has
    /// only these, and variables that the runner itself adds, such as FUNCTION_NAME.
    var environment: [(name: String, value: Secret)]
}

/// An entry of "triggers.crons".
struct CronTrigger: Sendable {
    var cron: CronExpression
    /// The name of the executable, such as `scheduled-housekeeping`.
    var function: String
}
