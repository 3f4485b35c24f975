public import Auth
import Base
import Glibc
import Invocation

/// An endpoint: one route and one executable. A conforming type is the executable's `@main`. It declares a handler for
/// each method that it answers, named as in Cloudflare Pages Functions: `onRequestGet`, `onRequestPost`,
/// `onRequestDelete`. HEAD is answered like GET, but without a body.
public protocol Function {
    /// The handler of GET.
    static var onRequestGet: Handler { get }
    /// The handler of POST.
    static var onRequestPost: Handler { get }
    /// The handler of DELETE.
    static var onRequestDelete: Handler { get }
    /// The length of the longest request body that the endpoint accepts, in bytes.
    static var maximumBodyLength: Int { get }
    /// Returns the inputs of the requests that a template process answers before it forks (`WarmUp`). May add rows to
    /// `workspace`, which exists only for the warm-up, so that the requests find something.
    static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs
}

extension Function {
    public static var onRequestGet: Handler { .notAllowed }
    public static var onRequestPost: Handler { .notAllowed }
    public static var onRequestDelete: Handler { .notAllowed }
    public static var maximumBodyLength: Int { 1 << 20 }
    public static func warmUpInputs(_ workspace: Workspace) throws -> WarmUpInputs { WarmUpInputs() }

    /// Serves the requests that the process was started for, and ends the process.
    public static func main() { exit(serve(Pipeline(Self.self, .process))) }
}

/// A function that cron triggers run. It answers every HTTP request with 404.
public protocol ScheduledFunction {
    /// Does the work that is due.
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult
}

/// The result of scheduled work.
public enum ScheduledResult: Sendable {
    /// The function has done all due work that it could do.
    case completed
    /// Due work is left. The function may be run again at once.
    case more
}

extension ScheduledFunction {
    /// Serves the events that the process was started for, and ends the process.
    public static func main() { exit(serve(Schedule(Self.self, .process))) }
}
