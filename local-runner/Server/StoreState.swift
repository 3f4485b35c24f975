@_spi(System) import Auth
import Base
import Jobs
import Store

/// The database's state, with the details that the server's own pages show.
struct StoreState {
    /// A lane of the job queue: a kind of jobs, at one platform if the kind has one.
    struct Lane: Equatable {
        let kind: String
        /// Empty if the kind has no platforms.
        let platform: String
        /// The number of jobs by state: waiting, ready, running and dead.
        let counts: [String: Int]
        /// The number of seconds since the oldest ready job became due. Nil if none is ready.
        let oldestReady: Int?
    }

    /// True if functions of this build can use the database.
    var canServe = false
    var lanes: [Lane] = []
    /// The reason why a look at the database failed or why functions can't use it. Nil if there is none.
    var problem: String?

    /// Returns the state of the database at a URL. `database` is the connection to it.
    static func look(at place: DatabaseURL, _ database: any Database) -> StoreState {
        guard place.exists else {
            var state = StoreState()
            state.problem = "there is no database at \(place.file ?? "its URL"); local-runner migrate creates it"
            return state
        }
        return look(database)
    }

    /// Returns the database's state. If the database fails, closes the connection to it.
    static func look(_ database: any Database) -> StoreState {
        var state = StoreState()
        do {
            if let problem = try database.schemaState().problem {
                state.problem = "the database \(problem)"
                return state
            }
            state.lanes = try SystemAccess(database).jobLanes().map { lane in
                let parts = lane.lane.split(separator: ":", maxSplits: 1).map(String.init)
                return Lane(
                    kind: parts.first ?? "", platform: parts.dropFirst().first ?? "",
                    counts: Dictionary(lane.counts.map { ($0.rawValue, $1) }) { $1 }, oldestReady: lane.oldest)
            }
            state.canServe = true
        } catch {
            database.close()
            state.problem = "\(error)"
        }
        return state
    }

    /// The state as one line of JSON.
    var line: [UInt8] {
        let json: JSON = [
            "canServe": .bool(canServe), "problem": problem.map(JSON.string) ?? .null,
            "lanes": .array(
                lanes.map { lane in
                    [
                        "kind": .string(lane.kind), "platform": .string(lane.platform),
                        "counts": .object(lane.counts.mapValues(JSON.integer)),
                        "oldestReady": lane.oldestReady.map(JSON.integer) ?? .null,
                    ]
                }),
        ]
        return JSONWriter.bytes(json) + [UInt8(ascii: "\n")]
    }

    init() {}

    /// Reads a line that the property `line` has made. Returns nil if the line is not JSON or lacks `canServe`.
    init?(line: [UInt8]) {
        guard let json = try? JSON(parsing: line), case .bool(let canServe) = json["canServe"] else { return nil }
        self.canServe = canServe
        problem = json["problem"]?.string
        lanes = (json["lanes"]?.array ?? []).map { lane in
            Lane(
                kind: lane["kind"]?.string ?? "", platform: lane["platform"]?.string ?? "",
                counts: (lane["counts"]?.object ?? [:]).compactMapValues(\.integer),
                oldestReady: lane["oldestReady"]?.integer)
        }
    }
}
