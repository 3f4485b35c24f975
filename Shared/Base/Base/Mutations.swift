import Glibc

private let activeMutations: Set<String> = Set(
    (getenv("THALIAN_MUTATIONS").map { String(cString: $0) } ?? "").split(separator: " ").map(String.init))

public func mutated(_ name: String) -> Bool { activeMutations.contains(name) }
