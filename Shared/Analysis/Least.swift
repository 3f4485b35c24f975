import Findings

/// Those values with the least keys, of any number that are added: the same ones in the same order, in whatever order a
/// database gives the rows that they come from.
struct Least<Value> {
    /// How many are kept.
    static var most: Int { Finding.mostEntities }

    /// In the order of their keys, which are all different.
    private(set) var elements: [(key: String, value: Value)] = []

    /// `value` is asked for only if it is kept.
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
