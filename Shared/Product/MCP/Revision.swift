/// A revision of the protocol, newest first.
enum Revision: String, CaseIterable {
    /// Every request is complete in itself: it names the revision and the client's capabilities.
    case stateless = "2026-07-28"
    case november2025 = "2025-11-25"
    case june2025 = "2025-06-18"
    /// The revision of requests that name none.
    case march2025 = "2025-03-26"

    /// True if a client begins with `initialize`, and names its capabilities only there.
    var hasHandshake: Bool { self != .stateless }
}
