import Base
import Foundation
import Testing

@Suite struct SecretTests {
    private let secret = Secret("hunter2")

    @Test("A secret is never printed, dumped or reflected") func neverPrints() {
        var dumped = ""
        dump(secret, to: &dumped)
        dump([Holder(secret: secret)], to: &dumped)
        let prints = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", "\(["k": secret])",
            "\(Optional(secret) as Any)", "\(Holder(secret: secret))", String(reflecting: Holder(secret: secret)),
            "\(Failure.with(secret))", "\(Mirror(reflecting: secret).children.map(\.value))", dumped,
            String(format: "%@", "\(secret)"),
        ]
        for print in prints { #expect(!print.contains("hunter2"), "\(print)") }
        #expect("\(secret)" == "‹redacted›")
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test("A secret is revealed to the closure that asks for it")
    func isRevealedToOnePlace() { #expect(secret.reveal { $0 } == "hunter2") }

    private struct Holder { let secret: Secret }
    private enum Failure: Error { case with(Secret) }
}
