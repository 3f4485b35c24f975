import Auth
import Base
import Connectors
import Function
import HTTP

/// GET /api/platforms: returns the platforms that can be connected, with their credential fields, permissions, actions
/// and lists.
@main struct PlatformsFunction: Function {
    static let onRequestGet = Handler(
        "list_platforms", .sessionOrKey(.view),
        "Lists the platforms that can be connected, with their credential fields, permissions, actions and lists.",
        returns: .json(
            .field("platforms", .array(of: PlatformDescription.schema), "The platforms, ordered by identifier."))
    ) { _ in
        .json { $0.field("platforms", Connectors.descriptions) }
    }
}
