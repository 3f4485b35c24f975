import Base
import Testing

@testable import Integrations

@Suite struct CredentialSealTests {
    private let integration = IntegrationKey(
        workspaceID: .random(), integrationID: .random(), platform: .okta)

    private func seal() throws -> CredentialSeal {
        let key = Base64.standard.encode([UInt8](repeating: 7, count: 32))
        return try CredentialSeal(Environment(["CREDENTIALS_KEY": "k1:" + key]))
    }

    @Test("Sealed credentials can be opened for their own integration only")
    func whatWasSealedIsOpenedForItsIntegrationAlone() throws {
        let seal = try seal()
        let sealed = try seal.seal(Credentials(stored: ["token": "t"]), for: integration)
        #expect(seal.open(sealed, for: integration)?["token"] == "t")
        let other = IntegrationKey(workspaceID: .random(), integrationID: .random(), platform: .okta)
        #expect(seal.open(sealed, for: other) == nil)
    }

    private static let keys = (
        first: Base64.standard.encode([UInt8](repeating: 7, count: 32)),
        second: Base64.standard.encode([UInt8](repeating: 8, count: 32))
    )

    @Test("White space around a key of CREDENTIALS_KEY does not become a part of its id")
    func whiteSpaceIsIgnored() throws {
        let sealed = try seal().seal(Credentials(stored: ["token": "t"]), for: integration)
        let list = "k2:\(Self.keys.second), k1:\(Self.keys.first)\n"
        let both = try CredentialSeal(Environment(["CREDENTIALS_KEY": list]))
        #expect(both.keyID == "k2" && both.open(sealed, for: integration)?["token"] == "t")
    }

    @Test(
        "Two keys with one id, ids with white space, and empty items are refused",
        arguments: [
            "k1:\(keys.first),k1:\(keys.second)", "k1:\(keys.first), k1:\(keys.first)", "k 1:\(keys.first)",
            "k1 :\(keys.first)", "k1:\(keys.first), ",
        ])
    func unclearIDs(_ list: String) {
        #expect(throws: EnvironmentError.self) { try CredentialSeal(Environment(["CREDENTIALS_KEY": list])) }
    }

    /// Earlier builds kept the space before a key in CREDENTIALS_KEY, such as ` k1:BASE64`, as a part of the key's id.
    @Test("Credentials whose stored id has white space around it are still opened") func oldIDs() throws {
        let seal = try seal()
        var sealed = try seal.seal(Credentials(stored: ["token": "t"]), for: integration)
        sealed.replaceSubrange(0...2, with: [3] + Array(" k1".utf8))
        #expect(seal.open(sealed, for: integration)?["token"] == "t")
    }

    /// The first byte is the length of the key's id.
    @Test(
        "Arbitrary bytes are refused",
        arguments: [[], [0], [0, 0], [1], [2, 107], [2, 107, 49], [255, 107], [2, 107, 49, 0, 0, 0]] as [[UInt8]])
    func bytesThatNobodySealedAreRefused(_ stored: [UInt8]) throws {
        #expect(try seal().open(stored, for: integration) == nil)
    }

    @Test("Shortened or changed sealed credentials are refused") func whatIsCutOrChangedIsRefused() throws {
        let seal = try seal()
        let sealed = try seal.seal(Credentials(stored: ["token": "t"]), for: integration)
        for length in sealed.indices { #expect(seal.open(Array(sealed[..<length]), for: integration) == nil) }
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(seal.open(changed, for: integration) == nil)
        }
    }
}
