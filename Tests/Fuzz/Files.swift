import Glibc

@testable import Auth
@testable import Base
@testable import HTTP
@testable import local_runner

// Readers of configuration: files, variables and addresses.

let fileReaders: [String: Reader] = [
    "addresses": addressesAreInTheirRanges, "configuration": configurationsAreWithinTheirLimits,
    "cron": expressionsComeAgain, "dev-vars": secretsAreReadBack, "forwarded": clientsAreAddresses,
]

@Sendable private func addressesAreInTheirRanges(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let range = IPRange(text) else { return }
    guard let base = text.split(separator: "/").first.flatMap({ IPAddress(String($0)) }) else {
        return expect(false, "a range begins with an address")
    }
    expect(range.contains(base), "a range contains the address that it names")
    let opposite = IPAddress(bytes: base.bytes.map { ~$0 })
    let isAll = text.hasSuffix("/0") || text.hasSuffix("/96")
    if let opposite, !isAll { expect(!range.contains(opposite) || text.contains("/"), "one address is one") }
}

/// Uses the first line as the variable TRUSTED_PROXIES, the second as CLIENT_IP_HEADER, the third as the header field.
@Sendable private func clientsAreAddresses(_ bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 3 else { return }
    let variables = ["TRUSTED_PROXIES": String(lines[0]), "CLIENT_IP_HEADER": String(lines[1])]
    guard let proxies = try? TrustedProxies(Environment(variables)) else { return }
    var headers = Headers()
    headers.add(lines[1].isEmpty ? "X-Forwarded-For" : String(lines[1]), String(lines[2]))
    for peer in ["127.0.0.1", "203.0.113.9", "not an address"] {
        let request = Request(method: .get, path: "/", queryString: "", headers: headers, peerAddress: peer)
        let client = proxies.client(of: request)
        let trusted = lines[0].split { $0 == "," || $0 == " " }.compactMap { IPRange(String($0)) }
        guard let address = IPAddress(peer), !trusted.contains(where: { $0.contains(address) }) else { continue }
        expect(client == address, "nobody but a trusted proxy says who the client is")
    }
}

@Sendable private func expressionsComeAgain(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let expression = try? CronExpression(text) else { return }
    expect((try? CronExpression(expression.description)) == expression, "an expression is read back")
    var moment = Timestamp(seconds: 1_776_256_200)
    for _ in 0..<3 {
        let next = expression.next(after: moment)
        // 29 February falls on a given day of the week every 28 years, or up to 40 years apart around a century that is
        // no leap year.
        expect(next > moment && next.seconds - moment.seconds < 41 * 366 * 86_400, "an expression comes again")
        expect(next.seconds % 60 == 0, "an expression names a minute")
        moment = next
    }
}

@Sendable private func secretsAreReadBack(_ bytes: [UInt8]) {
    var parser = DevVarsParser(bytes)
    guard let values = try? parser.parse(file: "f") else { return }
    var text: [UInt8] = []
    for (name, value) in values {
        expect(DevVarsParser.isVariableName(name), "a name is a variable's")
        text += Array("\(name)=\"".utf8)
        value.reveal { value in
            for byte in value.utf8 {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
                case 0x0D: text += Array("\\r".utf8)
                default: text.append(byte)
                }
            }
        }
        text += Array("\"\n".utf8)
    }
    var second = DevVarsParser(text)
    guard let read = try? second.parse(file: "f") else { return expect(false, "quoted values are read") }
    let isSame =
        read.count == values.count
        && values.allSatisfy { name, value in
            value.reveal { value in read[name]?.reveal { $0 == value } == true }
        }
    expect(isSame, "quoted values are read back")
}

@Sendable private func configurationsAreWithinTheirLimits(_ bytes: [UInt8]) {
    let local = LocalValues(devVars: DevVars(values: ["TOKEN": Secret("hush-hush-hush")]))
    do throws(ConfigurationError) {
        let configuration = try ConfigurationReader.read(bytes, file: "f", environment: nil, local: local)
        for function in configuration.functions {
            expect((1...900_000).contains(function.limits.timeoutMilliseconds), "a time limit is one")
            expect(function.route.hasPrefix("/"), "a route is a path")
        }
    } catch {
        expect(!"\(error)".contains("hush-hush-hush"), "no error shows a secret")
    }
}
