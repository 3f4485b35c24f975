import Auth
import Connectors

/// The most that one sync may bring.
///
/// Customers choose the server that answers for some platforms, so a sync may be fed without end. The quotas are far above
/// what companies of a plan's size have (two weeks of events are the largest part), and keep one workspace from filling the
/// disk that all share.
public struct SyncQuota: Equatable, Sendable {
    /// Records of all kinds. A page without any counts as one.
    public let rows: Int
    /// Bytes of the records as they are staged.
    public let bytes: Int

    /// A quota of so many rows and bytes.
    public init(rows: Int, bytes: Int) {
        self.rows = rows
        self.bytes = bytes
    }

    /// The quota of a plan. That of the enterprise plan is the most for anybody.
    public static func of(_ plan: Plan) -> SyncQuota {
        switch plan {
        case .free: SyncQuota(rows: 250_000, bytes: 256 << 20)
        case .trial, .pro: SyncQuota(rows: 2_000_000, bytes: 2 << 30)
        case .enterprise: SyncQuota(rows: 20_000_000, bytes: 16 << 30)
        }
    }

    /// The records and bytes that a sync has brought so far.
    struct Usage: Equatable {
        var rows = 0
        var bytes = 0

        /// Adds a page.
        ///
        /// - Throws: `ConnectorError` if the sync has brought more than `quota` allows. The sync ends then, and the inventory stays
        ///   as it was.
        mutating func add(_ page: some Collection<StagedRecord>, within quota: SyncQuota) throws(ConnectorError) {
            rows += max(1, page.count)
            for record in page { bytes += record.externalID.utf8.count + record.record.utf8.count }
            guard rows <= quota.rows else {
                throw .configuration(
                    "The platform sent more than \(quota.rows) records in one sync, the most that your plan allows. "
                        + "The sync was stopped and changed nothing.")
            }
            guard bytes <= quota.bytes else {
                throw .configuration(
                    "The platform sent more than \(quota.bytes >> 20) MiB in one sync, the most that your plan allows. "
                        + "The sync was stopped and changed nothing.")
            }
        }
    }
}
