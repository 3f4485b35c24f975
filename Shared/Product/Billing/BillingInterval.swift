public import Base
public import Store

/// The intervals at which a subscription is paid.
public enum BillingInterval: String, SQLEnum, CaseIterable, Sendable {
    case monthly, annual
}

/// The ids of the Pro plan's prices at Stripe, from the variables STRIPE_PRICE_MONTHLY and STRIPE_PRICE_ANNUAL.
public struct Prices: Sendable {
    private let ids: [BillingInterval: String]

    /// Reads the ids from the environment. Each may be missing.
    public init(_ environment: Environment) {
        var ids: [BillingInterval: String] = [:]
        ids[.monthly] = environment["STRIPE_PRICE_MONTHLY"]
        ids[.annual] = environment["STRIPE_PRICE_ANNUAL"]
        self.ids = ids
    }

    /// Returns the id of an interval's price.
    /// - Throws: `BillingError` if that price is not set.
    func id(_ interval: BillingInterval) throws(BillingError) -> String {
        guard let id = ids[interval] else { throw .notSetUp }
        return id
    }

    /// Returns the interval of the price with this id; nil if it is not one of ours.
    func interval(of id: String) -> BillingInterval? { ids.first { $0.value == id }?.key }
}
