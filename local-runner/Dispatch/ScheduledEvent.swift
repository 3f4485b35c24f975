import Base

/// The event that a cron trigger sends to its function, in the format of EventBridge's scheduled events.
struct ScheduledEvent {
    let id: String
    /// The event as JSON.
    let bytes: [UInt8]

    /// Makes the event of `cron` that was due at `time`.
    init(cron: String, time: Timestamp) {
        let id = Identifier.random().description
        self.id = id
        var json = JSONWriter()
        json.object { json in
            json.field("version", "0")
            json.field("id", id)
            json.field("detail-type", "Scheduled Event")
            json.field("source", "aws.events")
            json.field("account", "")
            json.field("time", time)
            json.field("region", "")
            json.field("resources", [cron])
            json.name("detail")
            json.object { _ in }
        }
        bytes = json.bytes
    }
}
