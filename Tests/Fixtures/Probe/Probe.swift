import Base
import Function
import HTTP

/// A function without credentials that shows any behaviour or fault: `?do=` names it, and the other parameters say how
/// much of it. It is built on the real `Function` library, so it behaves like an endpoint.
@main struct Probe: Function {
    static let onRequestGet = Handler.anyone("probe", "", returns: .json(.anything)) { try Behaviour($0).respond() }
    static let onRequestPost = Handler.anyone("probe", "", returns: .json(.anything)) { try Behaviour($0).respond() }
    static let onRequestDelete = Handler.anyone("probe", "", returns: .json(.anything)) { try Behaviour($0).respond() }
}
