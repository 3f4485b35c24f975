import Auth
import Base
import Connectors
import Function
import HTTP

/// GET /api/platforms: the platforms that can be connected, with their credential fields, permissions, actions and
/// lists.
@main struct PlatformsFunction: Function {
    static let onRequestGet = Handler(.sessionOrKey(.view)) { _ in
        .json { $0.field("platforms", Connectors.descriptions) }
    }
}
