import Base
import Function
import HTTP

/// A function that anyone may call, and whose every virtue and fault can be asked for: `?do=` names a behaviour, the
/// other parameters say how much of it. It is built on the real `Function` library, so that what the tests see of it
/// is what they would see of an endpoint.
@main struct Probe: Function {
    static let onRequestGet = Handler.anyone { try Behaviour($0).respond() }
    static let onRequestPost = Handler.anyone { try Behaviour($0).respond() }
    static let onRequestDelete = Handler.anyone { try Behaviour($0).respond() }
}
