import Base

/// The dates until which operating systems receive security updates.
enum OperatingSystems {
    /// The end of security updates by version. A version that is not listed ends with the next one that is; a version
    /// after the last one listed still receives updates.
    private struct Line {
        /// The versions, oldest first, with the last day of updates (UTC).
        let ends: [(version: [Int], day: String)]
    }

    /// Apple updates the three latest releases, so a release ends when its third successor appears
    /// (endoflife.date/macos).
    private static let macOS = Line(ends: [
        ([10], "2020-11-12"), ([11], "2023-09-26"), ([12], "2024-09-16"), ([13], "2025-09-15"), ([14], "2026-09-14"),
    ])
    /// Apple updates the latest release and, for devices that can't run it, one or two earlier ones.
    private static let iOS = Line(ends: [
        ([14], "2021-10-01"), ([15], "2025-03-31"), ([16], "2025-09-15"), ([17], "2025-09-15"),
    ])
    /// Google updates four releases (source.android.com/docs/security/bulletin).
    private static let android = Line(ends: [
        ([9], "2022-01-01"), ([10], "2023-03-06"), ([11], "2024-02-05"), ([12], "2025-03-31"), ([13], "2026-03-02"),
    ])
    /// The last day of updates for Windows by build, in the editions Enterprise and Education
    /// (learn.microsoft.com/lifecycle).
    private static let windowsBuilds: [(build: Int, day: String)] = [
        (19044, "2024-06-11"), (19045, "2025-10-14"), (22000, "2024-10-08"), (22621, "2025-10-14"),
        (22631, "2026-11-10"), (26100, "2027-10-12"), (26200, "2028-10-10"),
    ]
    /// The last day of updates for Windows by name, as people write it: `11 23H2`.
    private static let windowsNames: [(name: String, day: String)] = [
        ("11 21h2", "2024-10-08"), ("11 22h2", "2025-10-14"), ("11 23h2", "2026-11-10"), ("11 24h2", "2027-10-12"),
        ("11 25h2", "2028-10-10"), ("10", "2025-10-14"), ("8.1", "2023-01-10"), ("8", "2016-01-12"),
        ("7", "2020-01-14"),
        ("vista", "2017-04-11"), ("xp", "2014-04-08"),
    ]
    /// The last day of Ubuntu's standard maintenance (ubuntu.com/about/release-cycle). Releases between two long-term
    /// ones have nine months.
    private static let ubuntu: [(version: [Int], day: String)] = [
        ([14, 4], "2019-04-25"), ([16, 4], "2021-04-30"), ([18, 4], "2023-05-31"), ([20, 4], "2025-05-31"),
        ([22, 4], "2027-04-01"), ([24, 4], "2029-05-31"), ([24, 10], "2025-07-10"), ([25, 4], "2026-01-15"),
        ([25, 10], "2026-07-09"), ([26, 4], "2031-05-31"),
    ]
    /// A ChromeOS release with its date, from which the dates of all other releases are calculated. A release is
    /// updated for about four weeks, a long-term one for about half a year more.
    private static let chromeOSReference = (release: 120, day: Timestamp(seconds: 1_701_734_400))

    /// Returns true if a system still receives security updates; nil if its name or version is missing, unknown or too
    /// vague to tell.
    static func isSupported(_ system: String?, _ version: String?, at now: Timestamp) -> Bool? {
        guard let system = system?.lowercased(), let version, !version.isEmpty else { return nil }
        let numbers = numbers(in: version)
        if system.contains("mac") || system.contains("os x") { return isSupported(macOS, numbers, at: now) }
        if system.hasPrefix("ios") || system.hasPrefix("ipad") || system.contains("iphone") {
            return isSupported(iOS, numbers, at: now)
        }
        if system.contains("android") { return isSupported(android, numbers, at: now) }
        if system.contains("chrome") { return isChromeOSSupported(numbers, at: now) }
        if system.contains("windows") { return isWindowsSupported(version.lowercased(), numbers, at: now) }
        if system.contains("ubuntu") || version.lowercased().contains("ubuntu") {
            guard numbers.count >= 2 else { return nil }
            return ubuntu.first { $0.version == Array(numbers.prefix(2)) }.flatMap { lasts(until: $0.day, at: now) }
        }
        return nil
    }

    private static func isSupported(_ line: Line, _ version: [Int], at now: Timestamp) -> Bool? {
        guard !version.isEmpty else { return nil }
        guard
            let end = line.ends.first(where: { !$0.version.lexicographicallyPrecedes(Array(version.prefix(1))) })
        else { return true }
        return lasts(until: end.day, at: now)
    }

    private static func isWindowsSupported(_ version: String, _ numbers: [Int], at now: Timestamp) -> Bool? {
        // Windows Server has other dates for the same builds.
        guard !version.contains("server") else { return nil }
        if let build = numbers.first(where: { $0 >= 10_000 }) {
            let end = windowsBuilds.first { build <= $0.build }
            return end.map { lasts(until: $0.day, at: now) ?? true } ?? true
        }
        let words = version.split(separator: " ").filter { $0 != "windows" && $0 != "microsoft" }
        let name = words.joined(separator: " ")
        if let end = windowsNames.first(where: { name == $0.name || name.hasPrefix($0.name + " ") }) {
            return lasts(until: end.day, at: now)
        }
        return nil
    }

    private static func isChromeOSSupported(_ numbers: [Int], at now: Timestamp) -> Bool? {
        guard let release = numbers.first, release < 1_000 else { return nil }
        // A new release comes every four weeks. Any release may be a long-term one, which is updated for half a year
        // more.
        let published = chromeOSReference.day + (release - chromeOSReference.release) * .days(28)
        return now < published + .days(28 + 183)
    }

    private static func lasts(until day: String, at now: Timestamp) -> Bool? {
        Timestamp(day + "T23:59:59Z").map { now <= $0 }
    }

    /// Returns at most the first four numbers of a version, such as 14, 6 and 1 of `14.6.1 (23G93)`.
    private static func numbers(in version: String) -> [Int] {
        let start = version.drop { !$0.isNumber }
        return start.prefix { $0.isNumber || $0 == "." }.split(separator: ".").prefix(4).compactMap { Int($0) }
    }
}
