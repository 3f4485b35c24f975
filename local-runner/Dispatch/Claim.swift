/// Whom a place at a function, or one among those that wait for it, is counted for.
struct Claim: Equatable {
    /// The account of the client's address.
    let address: ObjectIdentifier
    /// True if the address is that of a trusted proxy, which speaks for many clients.
    let isTrusted: Bool
    /// The credentials that the request carries; nil if the function takes none.
    let credentials: CredentialMark?

    /// The claim of the request that a client has made.
    init(_ client: Connection) {
        address = ObjectIdentifier(client.account)
        isTrusted = client.account.isTrusted
        credentials = client.exchange.credentials
    }
}

/// Stands for the credentials of a request, so that requests with the same ones can be counted. The runner does not
/// judge them: that is the function's business.
///
/// Whoever has valid credentials must not be able to write them in several ways and have a share for each. Functions
/// take one form of a token only, but for two parts, which the mark leaves out: the scheme before the token, in upper or
/// lower case; and the signature behind its last dot, since a signature by ES256 has a valid twin. What is left of a
/// token nobody knows but its owner, so that nobody else can use up the share.
///
/// The mark is a hash with a key that this process alone has (SipHash): nobody can aim at a mark, or read anything from
/// it.
struct CredentialMark: Equatable {
    private let hash: Int

    /// The mark of a field's value: `Bearer TOKEN`, or a token alone.
    init(_ value: UnsafeRawBufferPointer) {
        let space = value.lastIndex(of: ASCII.space)
        let token = space.map { value[Extent(start: $0 + 1, end: value.count)] } ?? value
        let dot = token.lastIndex(of: UInt8(ascii: "."))
        var hasher = Hasher()
        hasher.combine(bytes: dot.map { token[Extent(start: 0, end: $0)] } ?? token)
        hash = hasher.finalize()
    }
}
