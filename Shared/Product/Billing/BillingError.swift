public import Base

/// The reason why a purchase is not possible, or why an event from Stripe is refused.
public struct BillingError: DomainError, Equatable {
    public let kind: ErrorKind
    public let code: String
    public let sentence: String

    private init(_ kind: ErrorKind, _ name: String, _ sentence: String) {
        self.kind = kind
        code = "billing." + name
        self.sentence = sentence
    }

    public static let notSetUp = BillingError(.unavailable, "not_set_up", "Billing is not set up on this server.")
    public static let stripeFailed = BillingError(
        .internal, "stripe_failed", "Our payment provider did not answer as it should. Try again later.")

    public static func hasSubscription(_ interval: BillingInterval) -> BillingError {
        BillingError(
            .conflict, "has_subscription",
            "This workspace has an active \(interval.rawValue) subscription already.")
    }

    public static let noCustomer = BillingError(
        .notFound, "no_customer", "This workspace has no billing account yet. Choose a plan first.")
    public static let invalidSignature = BillingError(
        .invalid, "signature_invalid", "The Stripe-Signature is missing or not valid.")
    public static let invalidEvent = BillingError(.invalid, "event_invalid", "The body is not a Stripe event.")
    public static let unreadSubscription = BillingError(
        .unavailable, "subscription_unread",
        "The subscription can't be read from Stripe now. Send the event again.")
}
