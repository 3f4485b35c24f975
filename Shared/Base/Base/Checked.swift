// Operations that can't trap, for code that reads values from outside: requests, tokens, files, providers' answers and
// rows. The standard library has more of them: first, last, popLast, prefix, suffix, dropFirst and dropLast with
// numbers that are not negative, `init(exactly:)`, `init(clamping:)` and the arithmetic that reports overflow.

extension RandomAccessCollection where Index == Int {
    /// The element at an index. Nil if the index is out of range.
    @inlinable @inline(__always) public subscript(at index: Int) -> Element? {
        index >= startIndex && index < endIndex ? self[index] : nil
    }

    /// The existing elements from `start` up to, but not including, `end`. Empty if `end` lies before `start`.
    @inlinable @inline(__always) public subscript(from start: Int, to end: Int) -> SubSequence {
        let lower = Swift.min(Swift.max(start, startIndex), endIndex)
        return self[lower..<Swift.min(Swift.max(end, lower), endIndex)]
    }
}

extension Collection where Element: Equatable {
    /// Returns the parts before and after the first `separator`. Returns nil if there is none.
    @inlinable public func cut(at separator: Element) -> (before: SubSequence, behind: SubSequence)? {
        firstIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
    }
}

extension BidirectionalCollection where Element: Equatable {
    /// Returns the parts before and after the last `separator`. Returns nil if there is none.
    @inlinable public func cut(atLast separator: Element) -> (before: SubSequence, behind: SubSequence)? {
        lastIndex(of: separator).map { (self[..<$0], self[$0...].dropFirst()) }
    }
}

extension Int {
    /// Rounds a number towards zero, and limits it to the range of `Int`. NaN becomes 0.
    public init(clamping number: Double) {
        self = Int(exactly: number.rounded(.towardZero)) ?? (number > 0 ? .max : number < 0 ? .min : 0)
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded towards zero.
    public var milliseconds: Int { Int(clamping: self / .milliseconds(1)) }
}
