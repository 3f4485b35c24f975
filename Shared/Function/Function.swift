import Base
import Glibc
import Invocation

/// An endpoint: one route, one executable. A conforming type is its own `@main` and names what it answers, as Pages
/// Functions do: `onRequestGet`, `onRequestPost`, `onRequestDelete`; HEAD is GET without a body.
public protocol Function {
    /// What answers GET.
    static var onRequestGet: Handler { get }
    /// What answers POST.
    static var onRequestPost: Handler { get }
    /// What answers DELETE.
    static var onRequestDelete: Handler { get }
    /// The longest body that it takes, in bytes.
    static var maximumBodyLength: Int { get }
}

extension Function {
    public static var onRequestGet: Handler { .notAllowed }
    public static var onRequestPost: Handler { .notAllowed }
    public static var onRequestDelete: Handler { .notAllowed }
    public static var maximumBodyLength: Int { 1 << 20 }

    /// Serves the request that the process was started for.
    public static func main() { exit(serve(Pipeline(Self.self, .process))) }
}

/// A function that cron triggers run. It is not reached by HTTP.
public protocol ScheduledFunction {
    /// Does the work that is due.
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult
}

/// How scheduled work came out.
public enum ScheduledResult: Sendable {
    /// Nothing that is due is left.
    case completed
    /// There is more that is due than fitted into the time: another run may begin at once.
    case more
}

extension ScheduledFunction {
    /// Serves the event that the process was started for.
    public static func main() { exit(serve(Schedule(Self.self, .process))) }
}
