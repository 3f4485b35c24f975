import TestSupport
import Testing

@testable import local_runner

/// A holder of valid credentials can keep processes busy for a while: a provider that never answers is enough.
@Suite(.serialized) struct CredentialShareTests {
    /// Returns header fields with a holder's session or API key. Variants say the same in different ways.
    private static func fields(_ holder: Int, _ credentials: String, variant: Int) -> String {
        let scheme = variant % 2 == 0 ? "Bearer" : "bEARER"
        return switch credentials {
        // Only the function checks the signature, and it ignores X-Api-Key.
        case "session", "sessionOrApiKey":
            "Authorization: \(scheme) header.user\(holder).signature\(variant)\r\nX-Api-Key: \(variant)\r\n"
        case _ where variant % 3 == 0: "Authorization: \(scheme) key\(holder)\r\n"
        default: "X-Api-Key: key\(holder)\r\nAuthorization: \(scheme) \(variant)\r\n"
        }
    }

    @Test(
        "Three holders of credentials leave a process for other holders",
        arguments: Runner.dispatches, ["session", "apiKey", "sessionOrApiKey"])
    func threeHoldersOfCredentialsLeaveAPlaceToOthers(_ dispatch: String, _ credentials: String) throws {
        for trustedProxies in ["", "127.0.0.0/8"] {
            let runner = try Runner(
                .init(trustedProxies: trustedProxies, members: #", "credentials": "\#(credentials)""#))
            let template = dispatch == "isolated" ? 1 : 0
            var clients: [TCPClient] = []
            for (holder, places) in [(1, 4), (2, 6), (3, 7)] {
                for variant in 0..<16 {
                    let client = try runner.connect(from: "127.0.0.\(holder + 1)")
                    try client.send(
                        "GET /\(dispatch)?do=sleep&n=4000 HTTP/1.1\r\nHost: a\r\n"
                            + Self.fields(holder, credentials, variant: variant) + "\r\n")
                    clients.append(client)
                }
                #expect(poll { runner.children.count == places + template }, "holder \(holder) of \(credentials)")
            }
            let other = try runner.connect(from: "127.0.0.9")
            try other.send(
                "GET /\(dispatch) HTTP/1.1\r\nHost: a\r\n\(Self.fields(4, credentials, variant: 0))\r\n")
            #expect(try other.readReply().status == 200)
            #expect(clients.count { !$0.hasInput(seconds: 0) } >= 7)
        }
    }

    @Test("The mark of credentials ignores their scheme and a token's signature")
    func aMarkIsThatOfWhatOnlyTheOwnerKnows() {
        func mark(_ value: String) -> CredentialMark {
            Array(value.utf8).withUnsafeBytes { CredentialMark($0) }
        }
        #expect(mark("Bearer a.b.c") == mark("bearer   a.b.d"))
        #expect(mark("Bearer thal_1") == mark("thal_1"))
        #expect(mark("Bearer a.b.c") != mark("Bearer a.d.c"))
        #expect(mark("thal_1") != mark("thal_2"))
        #expect(mark("") == mark(" ") && mark(".") == mark(""))
    }
}
