import Base
import Foundation
import TestSupport

/// Corrupts some of a fake provider's answers, chosen by a seed. If the request is repeated, it gets the same fault in
/// half of the random cases, and always if one answer was chosen.
final class Corruptor: @unchecked Sendable {
    /// The choice of answers to corrupt.
    private enum Choice {
        case none
        /// The answers to the requests with these numbers, with random faults.
        case numbers(Set<Int>)
        /// One of the answers to matching requests.
        case one(Corruption, number: Int, matches: @Sendable (FakeProvider.Request) -> Bool)
    }

    private let lock = NSLock()
    private var generator = SeededGenerator(seed: 0)
    private var choice = Choice.none
    private var count = 0
    private var sticky: [String: Corruption] = [:]
    private var firstPages: [String: FakeProvider.Reply] = [:]
    private var done: [String] = []

    /// The number of answers since `begin` or `end`, without repetitions of a fault. If one answer was chosen, only
    /// answers to matching requests count.
    var requests: Int { lock.withLock { count } }
    /// A description of the random faults since `begin`.
    var report: String { lock.withLock { done.joined(separator: "; ") } }

    /// Corrupts one to three of the next `requests` answers, which the seed chooses.
    func begin(seed: Int, of requests: Int) {
        lock.withLock {
            generator = SeededGenerator(seed: seed)
            let numbers = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                Int.random(in: 0..<max(1, requests), using: &generator)
            }
            start(.numbers(Set(numbers)))
        }
    }

    /// Corrupts the answer to the matching request with this number, counted from 0, and the answers to the same
    /// request when it is repeated.
    func begin(
        _ corruption: Corruption, at number: Int, seed: Int,
        of matches: @escaping @Sendable (FakeProvider.Request) -> Bool
    ) {
        lock.withLock {
            generator = SeededGenerator(seed: seed)
            start(.one(corruption, number: number, matches: matches))
        }
    }

    /// Leaves all answers unchanged from now on.
    func end() { lock.withLock { start(.none) } }

    private func start(_ choice: Choice) {
        (self.choice, count, sticky, done) = (choice, 0, [:], [])
    }

    /// Returns the answer to a request; `reply` is the answer without a fault.
    func reply(to request: FakeProvider.Request, _ reply: FakeProvider.Reply?) -> FakeProvider.Reply? {
        lock.withLock {
            guard let reply else { return nil }
            if request.method == "GET", firstPages[Self.list(request)] == nil {
                firstPages[Self.list(request)] = reply
            }
            let key = request.method + request.target + request.text
            if let corruption = sticky[key] { return corrupted(reply, corruption, request) }
            switch choice {
            case .none:
                count += 1
                return reply
            case .one(let corruption, let number, let matches):
                guard matches(request) else { return reply }
                count += 1
                guard count - 1 == number else { return reply }
                sticky[key] = corruption
                return corrupted(reply, corruption, request)
            case .numbers(let numbers):
                count += 1
                guard numbers.contains(count - 1),
                    let corruption = Corruption.allCases.randomElement(using: &generator)
                else { return reply }
                let isSticky = Bool.random(using: &generator)
                if isSticky { sticky[key] = corruption }
                done.append(
                    "\(corruption)\(isSticky ? ", again and again," : "") in answer to \(request.method) "
                        + "\(request.target) \(request.text.prefix(200))")
                return corrupted(reply, corruption, request)
            }
        }
    }

    /// Returns the list that a request is for: its target without the position in the list.
    private static func list(_ request: FakeProvider.Request) -> String {
        let places: Set = [
            "after", "cursor", "page", "pageToken", "next_page_token", "offset", "skip", "startAt", "Marker",
            "nextToken", "$skiptoken", "before", "id_after", "startIndex",
        ]
        let rest = request.target.split(separator: "?").dropFirst().joined().split(separator: "&").filter { part in
            !places.contains(String(part.prefix { $0 != "=" }))
        }
        return request.path + "?" + rest.joined(separator: "&")
    }

    private func corrupted(
        _ reply: FakeProvider.Reply, _ corruption: Corruption, _ request: FakeProvider.Request
    ) -> FakeProvider.Reply {
        corruption == .repeatedPage
            ? firstPages[Self.list(request)] ?? reply : corruption.applied(to: reply, &generator)
    }
}
