// Forms that can't trap, whatever an outside value says: for reading requests, tokens, files, provider answers and rows.
// Standard ones are prefix, suffix, dropFirst and dropLast, first and last, popLast, `init(exactly:)` and
// `init(clamping:)`, and the operations that report an overflow.

extension RandomAccessCollection where Index == Int {
    /// The element at an index; nil when there is none.
    @inlinable @inline(__always) public subscript(at index: Int) -> Element? {
        index >= startIndex && index < endIndex ? self[index] : nil
    }

    /// The existing elements from `start` up to `end`, without `end` itself. Empty if `end` lies before `start`.
    @inlinable @inline(__always) public subscript(from start: Int, to end: Int) -> SubSequence {
        let lower = Swift.min(Swift.max(start, startIndex), endIndex)
        return self[lower..<Swift.min(Swift.max(end, lower), endIndex)]
    }
}

extension Collection where Element: Equatable {
    /// The parts before and behind the first `separator`. Nil if there is none.
    @inlinable public func cut(at separator: Element) -> (before: SubSequence, behind: SubSequence)? {
        firstIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
    }
}

extension BidirectionalCollection where Element: Equatable {
    /// The parts before and behind the last `separator`. Nil if there is none.
    @inlinable public func cut(atLast separator: Element) -> (before: SubSequence, behind: SubSequence)? {
        lastIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
    }
}

extension Int {
    /// The whole part of a number, or the nearest integer that there is; 0 for what is no number.
    public init(clamping number: Double) {
        self = Int(exactly: number.rounded(.towardZero)) ?? (number > 0 ? .max : number < 0 ? .min : 0)
    }
}

extension Duration {
    /// Its whole milliseconds.
    public var milliseconds: Int { Int(clamping: self / .milliseconds(1)) }
}
