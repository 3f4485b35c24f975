import Base
import Crypto
import Function
import HTTP
import Store
import TestSupport
import Testing

@testable import Assistant
@testable import Auth
@testable import Billing
@testable import Export

/// Checks of keys and tokens take equally long, however much of a guess is right.
///
/// Each check is measured as it is, and once more followed by a naive comparison. The second measurement must show a
/// difference, otherwise the test could not fail. The first may show less than a quarter of it, or none that is
/// significant. Differences of a few nanoseconds, such as those of memcmp over 32 bytes, are too small to be seen here
/// or over a network; `aLongComparisonTakesAsLongWhereverItDiffers` would see them.
@Suite(.serialized) struct GuessTimingTests {
    /// The numbers of pairs of batches in the attempts to measure a check. Other programs disturb a measurement, so an
    /// attempt that fails is repeated with more pairs.
    private static let attempts = [1_500, 3_000, 6_000, 12_000]

    private func expect<Guess>(
        near: @escaping () -> Guess, far: @escaping () -> Guess, secret: [UInt8], bytes: (Guess) -> [UInt8],
        check: (Guess) -> Bool
    ) {
        for pairs in Self.attempts {
            let actual = GuessTiming(pairs: pairs, near: near, far: far, check: check)
            let naive = GuessTiming(pairs: pairs, near: near, far: far) { guess in
                let isRight = check(guess)
                return naivelyEqual(bytes(guess), secret) || isRight
            }
            let isNaiveSeen = naive.difference > 0 && naive.score > 4
            let isEven = abs(actual.difference) < naive.difference / 4 || abs(actual.score) < 3
            if pairs == Self.attempts.last || isNaiveSeen && isEven {
                #expect(isNaiveSeen, "the naive check: \(naive)")
                #expect(isEven, "\(actual), and the naive check \(naive)")
                return
            }
        }
    }

    /// Returns the text with its characters from `start` on replaced by others of the same alphabet.
    private func spoiled(_ text: String, from start: Int) -> String {
        String(text.enumerated().map { $0 < start ? $1 : $1 == "a" ? "b" : "a" })
    }

    /// Returns a copy in separate memory.
    private func copy(_ text: String) -> String { String(decoding: Array(text.utf8), as: UTF8.self) }

    @Test("Comparing a long value takes equally long wherever the difference is")
    func aLongComparisonTakesAsLongWhereverItDiffers() {
        let secret = [UInt8](repeating: 7, count: 1 << 16)
        func guess(differingAt index: Int) -> [UInt8] {
            var guess = secret
            guess[index] = 8
            return guess
        }
        func timing(_ check: @escaping ([UInt8]) -> Bool) -> GuessTiming {
            GuessTiming(
                pairs: 100, near: { guess(differingAt: secret.count - 1) }, far: { guess(differingAt: 0) }, check: check
            )
        }
        for attempt in 1...4 {
            let actual = timing { constantTimeEqual($0, secret) }
            let naive = timing { $0 == secret }
            let isNaiveSeen = naive.difference > 100 && naive.share > 0.9
            let isEven = abs(actual.difference) < naive.difference / 4
            if attempt == 4 || isNaiveSeen && isEven {
                #expect(isNaiveSeen, "the naive comparison: \(naive)")
                #expect(isEven, "\(actual), and the naive comparison \(naive)")
                return
            }
        }
    }

    /// The prefix of a key is not secret: lists show it. The hash of a guess with the prefix is compared with the
    /// stored hash.
    @Test("Checking an API key with the right prefix takes as long for one wrong character as for many")
    func keysWithTheRightPrefix() throws {
        let store = try TestStore(on: .sqlite)
        let key = store.own.readKey
        let environment = store.environment()
        let (near, far) = (spoiled(key, from: 44), spoiled(key, from: 9))
        expect(near: { copy(near) }, far: { copy(far) }, secret: Array(key.utf8), bytes: { Array($0.utf8) }) { guess in
            let request = Request(method: .get, path: "/", headers: ["X-Api-Key": guess])
            let found = try? authenticate(
                request, for: .apiKey(.read), environment, store.database, known: APIKeyCache(), address: nil, Log(),
                now: TestStore.now)
            return found != nil
        }
    }

    @Test("Checking a session token takes equally long if half of its signature is right")
    func sessionTokensWithTheRightHalf() throws {
        let environment = Environment([
            "SUPABASE_URL": TestSession.url, "SUPABASE_JWT_SECRET": TestSession.secret.reveal { $0 },
        ])
        let keys = try SessionKeys(environment)
        let token = TestSession.token(of: .random())
        let start = token.utf8.count - 43
        let (near, far) = (spoiled(token, from: start + 22), spoiled(token, from: start))
        #expect(SessionToken(token, keys: keys, now: TestStore.now) != nil)
        expect(near: { copy(near) }, far: { copy(far) }, secret: Array(token.utf8), bytes: { Array($0.utf8) }) {
            SessionToken($0, keys: keys, now: TestStore.now) != nil
        }
    }

    @Test("Checking a webhook signature takes equally long if half of it is right")
    func webhookSignaturesWithTheRightHalf() {
        let body = Array(#"{"id":"evt_1"}"#.utf8)
        let secret = Secret("whsec_test")
        let time = TestStore.now.seconds
        let signature = Hex.encode(hmacSHA256(Array("\(time).".utf8) + body, key: Array("whsec_test".utf8)))
        let (near, far) = (spoiled(signature, from: 32), spoiled(signature, from: 0))
        func holds(_ signature: String) -> Bool {
            WebhookSignature.holds("t=\(time),v1=\(signature)", for: body, secret: secret, now: TestStore.now)
        }
        #expect(holds(signature))
        expect(
            near: { copy(near) }, far: { copy(far) }, secret: Array(signature.utf8), bytes: { Array($0.utf8) },
            check: holds)
    }

    @Test("Checking an export cursor takes equally long if half of its authenticator is right")
    func cursorsWithTheRightHalf() throws {
        let cursors = Cursor(key: Secret(String(repeating: "k", count: 32)), workspaceID: .random())
        let cursor = cursors.encode(Position(entity: .identities, key: "x"))
        // The authenticator is the first 32 bytes: 42 characters and a part of the next.
        let bytes = try #require(Base64.urlSafe.decode(cursor))
        func wrong(from start: Int) -> String {
            Base64.urlSafe.encode(bytes.enumerated().map { (start..<32).contains($0) ? $1 ^ 1 : $1 })
        }
        let (near, far) = (wrong(from: 16), wrong(from: 0))
        #expect((try? cursors.decode(cursor)) != nil)
        expect(near: { copy(near) }, far: { copy(far) }, secret: Array(cursor.utf8), bytes: { Array($0.utf8) }) {
            (try? cursors.decode($0)) != nil
        }
    }

    @Test("Checking a confirmation token takes equally long if half of its HMAC is right")
    func confirmationsWithTheRightHalf() throws {
        let key = Secret(String(repeating: "k", count: 32))
        let confirmation = Confirmation(
            workspaceID: .random(), userID: .random(), sessionID: .random(), toolUseID: "toolu_1",
            toolName: "suspend_user", input: ["email": "u1@example.com"], target: "okta/u1", namesSession: true,
            message: "Suspend her.", expiresAt: TestStore.now + 300)
        let token = try #require(Base64.urlSafe.decode(confirmation.token(key)))
        func wrong(from start: Int) -> [UInt8] { token.enumerated().map { $0 < start ? $1 : $1 ^ 1 } }
        let (near, far) = (wrong(from: 32), wrong(from: 16))
        #expect(confirmation.isFor(token, key))
        expect(near: { Array(near.map { $0 }) }, far: { Array(far.map { $0 }) }, secret: token, bytes: { $0 }) {
            confirmation.isFor($0, key)
        }
    }
}
