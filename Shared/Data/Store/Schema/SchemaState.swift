import Base

/// The schema of a database, as this build sees it.
///
/// A build can serve the schema of its own version, and newer ones if every migration since then is additive
/// (`Migration.isAdditive`). The database records for each other migration that older builds must no longer use it. So
/// functions of the last release continue to work while an additive migration runs, and a build that does not know a
/// migration can still tell if it may use the database.
public enum SchemaState: Sendable, Equatable {
    /// No migration has been run.
    case missing
    /// Migrations of this build are missing. The database has this version.
    case older(Int)
    case current
    /// The database has a newer version, which this build can serve.
    case newer(Int)
    /// The database has a newer version, which only builds of at least version `needs` can serve.
    case tooNew(Int, needs: Int)

    /// The version of this build's schema: that of its newest migration.
    public static var ofThisBuild: Int { Migration.all.last?.version ?? 0 }

    /// True if this build can serve the database.
    public var canBeServed: Bool {
        switch self {
        case .current, .newer: true
        case .missing, .older, .tooNew: false
        }
    }

    /// The reason why this build can't serve the database, and the remedy, as a sentence without a subject: it follows
    /// the name of the database. Nil if it can be served.
    public var problem: String? {
        let own = Self.ofThisBuild
        return switch self {
        case .current, .newer: nil
        case .missing: "has no schema yet; run local-runner migrate"
        case .older(let version):
            "has schema version \(version), and this build needs \(own); run local-runner migrate"
        case .tooNew(let version, let needs):
            "has schema version \(version), which needs a build of version \(needs) or later, and this build has "
                + "\(own); use the newer build"
        }
    }

    /// Compares a database's version with that of this build.
    ///
    /// - Parameters:
    ///   - version: The newest migration that was run; 0 if none was.
    ///   - oldestBuild: Reads the oldest version of builds that may use the database.
    init(version: Int, oldestBuild: () throws -> Int?) rethrows {
        let own = Self.ofThisBuild
        if version == own {
            self = .current
        } else if version == 0 {
            self = .missing
        } else if version < own {
            self = .older(version)
        } else {
            let needs = try oldestBuild() ?? 0
            self = needs <= own ? .newer(version) : .tooNew(version, needs: needs)
        }
    }
}

extension Database {
    /// Returns true if the database has exactly this build's schema version. Throws if the database can't be reached.
    public func isCurrent() throws -> Bool { try schemaState() == .current }

    /// Reads the oldest version of builds that may use the database. Returns nil if no migration has recorded one. A
    /// database whose version is below `Migration.firstWithRanges` lacks the column.
    func oldestBuild() throws -> Int? {
        try first("SELECT max(oldest_build) FROM schema_migrations") { try $0[0] as Int? } ?? nil
    }

    /// Records that a migration has been run.
    func note(_ migration: Migration) throws {
        try execute(
            "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)", migration.version,
            migration.name, Timestamp.now)
        guard migration.version >= Migration.firstWithRanges else { return }
        try execute(
            "UPDATE schema_migrations SET oldest_build = $2 WHERE version = $1", migration.version,
            migration.oldestBuild)
    }
}
