import Findings

/// The values with the smallest keys among all that are added, up to a limit. The result is the same for every order in
/// which the values are added, if values with equal keys are equal: only the first one with a key is kept.
struct BoundedSmallest<Value> {
    /// The largest number of values that are kept.
    static var most: Int { AffectedEntities.most }

    /// The values in the order of their keys, which are all different.
    private(set) var elements: [(key: String, value: Value)] = []

    /// Adds a value. `value` is evaluated only if it is kept.
    mutating func add(_ key: String, _ value: @autoclosure () -> Value) {
        if elements.count == Self.most, let last = elements.last, last.key <= key { return }
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].key < key { low = middle + 1 } else { high = middle }
        }
        guard low == elements.count || elements[low].key != key else { return }
        if elements.count == Self.most { elements.removeLast() }
        elements.insert((key, value()), at: low)
    }
}
