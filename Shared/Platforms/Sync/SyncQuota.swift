public import Auth
import Connectors

/// The limit on the data that one sync may bring.
///
/// For some platforms, customers choose the server that answers, so a sync could be fed without end. The quotas are far
/// above the data of companies that fit a plan (two weeks of events are the largest part), and keep one workspace from
/// filling the disk that all share.
public struct SyncQuota: Equatable, Sendable {
    /// The largest number of records of all kinds. A record counts again if it comes again on another page, and a page
    /// without records counts as one.
    public let rows: Int
    /// The largest total size of these records as JSON, with their ids, in bytes.
    public let bytes: Int

    public init(rows: Int, bytes: Int) {
        self.rows = rows
        self.bytes = bytes
    }

    /// Returns the quota of a plan. The enterprise plan's is the largest.
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
        /// - Throws: `ConnectorError` if the sync has brought more than `quota` allows. The sync then ends, and the
        ///   inventory stays unchanged.
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
