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

    @Test("Two keys with the same id are refused, since the second one could never be used") func equalIDs() throws {
        let keys = [UInt8(7), 8].map { "k1:" + Base64.standard.encode([UInt8](repeating: $0, count: 32)) }
        let environment = Environment(["CREDENTIALS_KEY": keys.joined(separator: ",")])
        #expect(throws: EnvironmentError.self) { try CredentialSeal(environment) }
    }

    /// The first byte is the length of the key's name.
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
