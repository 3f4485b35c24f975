import Base
import HTTP
import Store

/// How often a subscription is paid.
public enum BillingInterval: String, SQLEnum, CaseIterable, Sendable {
    case monthly, annual
}

/// The prices of the Pro plan at Stripe, from the variables STRIPE_PRICE_MONTHLY and STRIPE_PRICE_ANNUAL.
public struct Prices: Sendable {
    private let ids: [BillingInterval: String]

    /// The variables' prices.
    public init(_ environment: Environment) {
        var ids: [BillingInterval: String] = [:]
        ids[.monthly] = environment["STRIPE_PRICE_MONTHLY"]
        ids[.annual] = environment["STRIPE_PRICE_ANNUAL"]
        self.ids = ids
    }

    /// The price of an interval. Throws 503 where none is set.
    func id(_ interval: BillingInterval) throws(HTTPError) -> String {
        guard let id = ids[interval] else { throw StripeClient.notSetUp }
        return id
    }

    /// The interval of a price; nil when it is none of ours.
    func interval(of id: String) -> BillingInterval? { ids.first { $0.value == id }?.key }
}
