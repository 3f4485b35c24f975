import HTTP

/// The client's address and the credentials of a request. The pool of a function limits the places, and the places in
/// its queue, that requests with the same address or the same credentials may take.
struct Claim: Equatable {
    /// Identifies the account of the client's address in the budget.
    let address: ObjectIdentifier
    /// True if the address belongs to a trusted proxy, which sends the requests of many clients.
    let isTrusted: Bool
    /// Identifies the request's credentials; nil if the function requires none.
    let credentials: CredentialMark?

    /// Makes the claim of the request that the client has sent.
    init(_ client: Connection) {
        address = ObjectIdentifier(client.account)
        isTrusted = client.account.isTrusted
        credentials = client.exchange.credentials
    }
}

/// A short value that stands for the credentials of a request, so that requests with the same credentials can be
/// counted. The runner does not verify credentials; the function does.
///
/// A caller with valid credentials must not be able to write them in several ways and get a share for each. Functions
/// accept only one form of a token, with two exceptions, which the mark leaves out: the scheme before the token may be
/// in upper or lower case, and the signature after the last dot may have another valid form (as ES256 signatures do).
/// Only the owner of a token knows its other parts, so no one else can use up the owner's share.
///
/// The mark is a hash (SipHash) with a key that only this process has. So no one can construct a token with a chosen
/// mark, and a mark says nothing about the token.
struct CredentialMark: Equatable {
    private let hash: Int

    /// Makes the mark of the value of a header field, which is `Bearer TOKEN` or a token alone. Both give the same
    /// mark, which ignores all up to the last space and all from the last dot on.
    init(_ value: UnsafeRawBufferPointer) {
        let space = value.lastIndex(of: ASCII.space)
        let token = space.map { value[Extent(start: $0 + 1, end: value.count)] } ?? value
        let dot = token.lastIndex(of: UInt8(ascii: "."))
        var hasher = Hasher()
        hasher.combine(bytes: dot.map { token[Extent(start: 0, end: $0)] } ?? token)
        hash = hasher.finalize()
    }
}
