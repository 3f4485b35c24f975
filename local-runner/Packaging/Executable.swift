import Base

/// The properties of an ELF executable that a package needs: its processor, that it needs no libraries, and the part
/// that is loaded into memory.
struct Executable {
    /// A processor that packages exist for.
    enum Machine: String, CaseIterable {
        case x86_64, arm64

        /// The number in an ELF header (`e_machine`: EM_X86_64, EM_AARCH64).
        fileprivate var number: Int { self == .x86_64 ? 62 : 183 }

        /// The name that container images use, as Go does.
        var inImages: String { self == .x86_64 ? "amd64" : "arm64" }
    }

    /// The reason why a file can't be packaged. The text follows the file's name.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    let machine: Machine
    /// The executable up to the end of its last segment, and without section headers.
    let stripped: [UInt8]

    private static let headerLength = 64
    private static let segmentLength = 56
    /// Types of program headers (`p_type`) of executables that need a loader: PT_DYNAMIC and PT_INTERP.
    private static let dynamic = [2, 3]

    /// Reads an executable.
    ///
    /// An executable without a loader needs only its program headers and the segments that they name. Names of symbols
    /// and debugging information follow the last segment, together with the section headers that list them. So the file
    /// is cut off there, and its header is changed to have no sections.
    ///
    /// - Throws: `Refusal` if it is not a static executable for a 64-bit little-endian processor that packages exist
    ///   for.
    init(_ bytes: [UInt8]) throws(Refusal) {
        guard bytes.count >= Self.headerLength, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else {
            throw Refusal("is no executable in 64-bit ELF")
        }
        let number = Self.number(bytes, 18, 2)
        guard let machine = Machine.allCases.first(where: { $0.number == number }) else {
            throw Refusal("is for a processor that no target has (e_machine \(number))")
        }
        let (table, count) = (Self.number(bytes, 32, 8), Self.number(bytes, 56, 2))
        guard Self.number(bytes, 54, 2) == Self.segmentLength, count > 0,
            table <= bytes.count - count * Self.segmentLength
        else { throw Refusal("has no program headers") }
        var end = table + count * Self.segmentLength
        for index in 0..<count {
            let header = table + index * Self.segmentLength
            guard !Self.dynamic.contains(Self.number(bytes, header, 4)) else {
                throw Refusal("needs shared libraries; build it with local-runner/dev --build-only")
            }
            let (offset, length) = (Self.number(bytes, header + 8, 8), Self.number(bytes, header + 32, 8))
            guard offset <= bytes.count, length <= bytes.count - offset else { throw Refusal("is cut off") }
            end = max(end, offset + length)
        }
        self.machine = machine
        // The header's fields e_shoff, e_shnum and e_shstrndx describe the sections.
        let noSections: [(from: Int, to: Int)] = [(40, 48), (60, 64)]
        var kept: [UInt8] = []
        kept.reserveCapacity(end)
        var copied = 0
        for field in noSections {
            kept += bytes[from: copied, to: field.from] + [UInt8](repeating: 0, count: field.to - field.from)
            copied = field.to
        }
        stripped = kept + bytes[from: copied, to: end]
    }

    /// Returns the little-endian number of at most eight bytes at a position. A number that does not fit in an `Int`
    /// becomes the largest `Int`.
    private static func number(_ bytes: [UInt8], _ place: Int, _ length: Int) -> Int {
        let digits = bytes[from: place, to: place + length].reversed()
        return Int(clamping: digits.reduce(UInt64(0)) { $0 << 8 | UInt64(clamping: $1) })
    }
}
