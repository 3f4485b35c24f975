import Crypto
import Glibc
import HTTP

@testable import Auth
@testable import Base
@testable import Invocation

// Readers of calls to a function: CGI variables, FastCGI, events, and the tokens in them.

let callReaders: [String: Reader] = [
    "cgi-variables": variablesMakeOneRequest, "events": eventsAreAnswered, "fastcgi-requests": conversationsEnd,
    "tokens": tokensNeedASignature,
]

// MARK: CGI and FastCGI

@Sendable private func variablesMakeOneRequest(_ bytes: [UInt8]) {
    var variables = CGIVariables()
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        variables.set(String(pair[0]), pair.count == 2 ? String(pair[1]) : "")
    }
    if let length = try? variables.contentLength() { expect(length >= 0, "a length is not negative") }
    guard let request = try? variables.request() else { return }
    expect(!request.method.rawValue.isEmpty, "a request has a method")
    expect(request.headers["Proxy"] == nil, "no field passes for the variable HTTP_PROXY")
}

@Sendable private func conversationsEnd(_ bytes: [UInt8]) {
    // The answers must fit into the socket, which is not read.
    let bytes = Array(bytes.prefix(2_048))
    var ends: [CInt] = [-1, -1]
    expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0, "there are sockets")
    defer { ends.forEach { close($0) } }
    expect(send(ends[0], bytes, bytes.count, 0) == bytes.count, "a request fits into a socket")
    shutdown(ends[0], CInt(SHUT_WR))
    let connection = FastCGIConnection(Descriptor(number: ends[1]), Echo(), Environment([:]))
    for _ in 0...bytes.count where connection.serveRequest() == .closeConnection { return }
    expect(false, "a connection that has ended is closed")
}

// MARK: Events

@Sendable private func eventsAreAnswered(_ bytes: [UInt8]) {
    let response = Event.answer(Echo(), to: bytes).response
    expect([200, 400, 413].contains(response.status), "an event is answered or refused")
    let encoded = (try? EventResponse.encode(response)).flatMap { try? JSON(parsing: $0) }
    expect(encoded?["statusCode"]?.integer == response.status, "an answer is JSON with its status")
}

// MARK: Tokens

/// Uses the input as a token, and as the claims of another token that is signed with the right key.
@Sendable private func tokensNeedASignature(_ bytes: [UInt8]) {
    let secret = "01234567890123456789012345678901"
    let environment = Environment(["SUPABASE_URL": "https://a.example", "SUPABASE_JWT_SECRET": secret])
    guard let keys = try? SessionKeys(environment) else { return expect(false, "there are keys") }
    let now = Timestamp(seconds: 1_776_256_200)
    let compact = String(decoding: bytes, as: UTF8.self)
    let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
    if SessionToken(compact, keys: keys, now: now) != nil {
        let signature = parts.count == 3 ? Base64.urlSafe.decode(parts[2]) : nil
        let message = Array((parts[0] + "." + parts[1]).utf8)
        expect(signature == hmacSHA256(message, key: Array(secret.utf8)), "a token that is accepted is signed")
    }
    guard let claims = try? JSON(parsing: bytes) else { return }
    let signed = SessionToken.sign(claims, secret: Secret(secret))
    guard let token = SessionToken(signed, keys: keys, now: now) else { return }
    expect(claims["role"] == "authenticated", "a session is a person's")
    expect(claims["iss"]?.string == "https://a.example/auth/v1", "a session is the issuer's")
    expect(claims["sub"]?.string?.lowercased() == token.userID.description, "a session's user is its subject")
}
