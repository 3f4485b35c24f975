/// Finds the known word that is most similar to an unknown one.
public enum NearestWord {
    /// Returns the known word at the smallest distance from `word`, ignoring case, if that distance is 1 or at most a
    /// third of the longer word: beyond that, a suggestion would be only a guess. If there is none, and `word` has at
    /// least three bytes and is the beginning of only one known word, returns that one. Returns nil otherwise, and if
    /// `word` has more than 100 bytes.
    public static func nearest(to word: String, in known: [String]) -> String? {
        let word = Array(word.lowercased().utf8)
        guard word.count <= 100 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = distance(word, Array(candidate.lowercased().utf8))
            let allowed = max(1, max(word.count, candidate.utf8.count) / 3)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.word }
        // The beginning of only one known word stands for that word.
        let longer = word.count < 3 ? [] : known.filter { $0.lowercased().utf8.starts(with: word) }
        return longer.count == 1 ? longer.first : nil
    }

    /// Returns the end of a sentence about an unknown word: a suggestion of the nearest known word, the list of all
    /// known words, or that there are none.
    public static func advice(_ word: String, _ known: [String]) -> String {
        if let nearest = nearest(to: word, in: known) { return "did you mean \"\(nearest)\"?" }
        return known.isEmpty ? "there is none to choose from." : "known: \(known.joined(separator: ", "))."
    }

    /// Returns the smallest number of insertions, deletions, substitutions and swaps of neighbouring bytes that turn
    /// one word into the other (optimal string alignment distance).
    public static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for (row, byte) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(rows[row][column + 1] + 1, next[column] + 1)
                least = min(least, rows[row][column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    least = min(least, rows[row - 1][column - 1] + 1)
                }
                next.append(least)
            }
            rows.append(next)
        }
        return rows[left.count][right.count]
    }
}
