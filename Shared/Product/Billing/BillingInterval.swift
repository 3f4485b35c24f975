public import Base
public import Store

/// The intervals at which a subscription is paid.
public enum BillingInterval: String, SQLEnum, CaseIterable, Sendable {
    case monthly, annual
}

/// The prices of the Pro plan at Stripe, from the variables STRIPE_PRICE_MONTHLY and STRIPE_PRICE_ANNUAL.
public struct Prices: Sendable {
    private let ids: [BillingInterval: String]

    /// Reads the prices from the environment.
    public init(_ environment: Environment) {
        var ids: [BillingInterval: String] = [:]
        ids[.monthly] = environment["STRIPE_PRICE_MONTHLY"]
        ids[.annual] = environment["STRIPE_PRICE_ANNUAL"]
        self.ids = ids
    }

    /// Returns the price of an interval.
    /// - Throws: `BillingError` if none is set.
    func id(_ interval: BillingInterval) throws(BillingError) -> String {
        guard let id = ids[interval] else { throw .notSetUp }
        return id
    }

    /// Returns the interval of a price; nil if it is not one of ours.
    func interval(of id: String) -> BillingInterval? { ids.first { $0.value == id }?.key }
}
