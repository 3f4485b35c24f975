import Base
import CSystem

/// Generates ids for requests whose client sent no acceptable id.
struct RequestIDs {
    private var random = [UInt8](repeating: 0, count: 4096)
    private var used = 4096

    /// Puts a new version 4 UUID into `text`. Random bytes are fetched from the system in large blocks.
    mutating func next(_ text: inout [UInt8]) {
        if used == random.count {
            random.withUnsafeMutableBytes { _ = getrandom($0.baseAddress, $0.count, 0) }
            used = 0
        }
        text.removeAll(keepingCapacity: true)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            var byte = random[used + index]
            if index == 6 { byte = byte & 0x0F | 0x40 }
            if index == 8 { byte = byte & 0x3F | 0x80 }
            text.append(Hex.lowerDigit(byte >> 4))
            text.append(Hex.lowerDigit(byte))
        }
        used += 16
    }
}
