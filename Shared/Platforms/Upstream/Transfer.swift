import Base
import CCurl
import Glibc
import HTTP

/// One request on a libcurl handle, with the part of its response that has arrived.
final class Transfer {
    let handle: OpaquePointer
    let index: Int
    let request: UpstreamRequest
    /// The number of times that the request was sent before.
    var retries = 0

    private let limit: Int
    private let isOverride: Bool
    private let proxy: Proxy?
    private let networks: AllowedNetworks
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let gate: UnsafeMutablePointer<ccurl_guard>
    private var headers = Headers()
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var isRefused = false

    /// Creates a transfer. Returns nil if libcurl can't create a handle.
    ///
    /// - Parameters:
    ///   - url: The URL to connect to, which an override in development may have changed.
    ///   - proxy: The proxy to use. Nil for a direct connection.
    ///   - networks: The private networks that a direct connection may use.
    ///   - authorities: The path of the file with the trusted certificate authorities.
    ///   - limit: The longest response body that is accepted, in bytes.
    ///   - requestID: The id of the request that this one is made for.
    init?(
        _ index: Int, _ request: UpstreamRequest, to url: UpstreamURL, isOverride: Bool, proxy: Proxy?,
        networks: AllowedNetworks, authorities: String, limit: Int, requestID: String?
    ) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = OpaquePointer(handle)
        self.index = index
        self.request = request
        self.limit = limit
        self.isOverride = isOverride
        self.proxy = proxy
        self.networks = networks
        gate = .allocate(capacity: 1)
        gate.initialize(to: ccurl_guard(may_connect: nil, context: nil))
        ccurl_set_text(handle, CURLOPT_CAINFO, authorities)
        prepare(UnsafeMutableRawPointer(handle), url, requestID)
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(fields)
        gate.deallocate()
    }

    var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    private func prepare(_ handle: UnsafeMutableRawPointer, _ url: UpstreamURL, _ requestID: String?) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_text(handle, CURLOPT_URL, url.description)
        ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, isOverride ? "http,https" : "https")
        setProxy(handle)
        ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        ccurl_set_long(handle, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // The executable contains only these decoders, and no HTTP/2 (see CLinkStubs).
        ccurl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_text(handle, CURLOPT_CAPATH, nil)
        ccurl_set_text(handle, CURLOPT_USERAGENT, "Thalian")
        gate.pointee.context = this
        gate.pointee.may_connect = { address, context in
            guard let address, let context else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().mayConnect(to: address) ? 1 : 0
        }
        ccurl_set_guard(handle, gate)
        ccurl_set_receivers(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveField(line)
                return size * count
            },
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(part) ? size * count : 0
            }, this)
        if !request.isIdempotent {
            // If a kept connection turns out to be closed, libcurl sends the request again without being asked. On a
            // new connection it sends the request only once.
            ccurl_set_long(handle, CURLOPT_FRESH_CONNECT, 1)
        }
        switch request.method {
        case .get: break
        case .head: ccurl_set_long(handle, CURLOPT_NOBODY, 1)
        default: ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if let body = request.body ?? (request.method == .post ? [] : nil) {
            _ = body.withUnsafeBytes { ccurl_set_body(handle, $0.baseAddress ?? UnsafeRawPointer(handle), $0.count) }
            if request.method == .get { ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, "GET") }
        }
        var lines = request.headers.fields.map { $0.name + ": " + $0.value }
        lines.append("Expect:")
        if let requestID { lines.append("X-Request-Id: " + requestID) }
        if isOverride { lines.append("Host: " + request.url.authority) }
        // Leaves out lines with control characters: a line break in a value would begin another field.
        for line in lines where !line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            fields = curl_slist_append(fields, line)
        }
        ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, fields)
    }

    /// Sets the proxy, or none. libcurl does not read the environment's settings then, and sends neither the request's
    /// header fields nor its credentials to the proxy.
    private func setProxy(_ handle: UnsafeMutableRawPointer) {
        ccurl_set_text(handle, CURLOPT_PROXY, proxy?.address ?? "")
        ccurl_set_text(handle, CURLOPT_NOPROXY, "")
        guard let proxy else { return }
        ccurl_set_long(handle, CURLOPT_HTTPPROXYTUNNEL, 1)
        ccurl_set_long(handle, CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Basic needs no library that the executable lacks (see CLinkStubs).
        ccurl_set_long(handle, CURLOPT_PROXYAUTH, 1)
        if let user = proxy.user {
            ccurl_set_text(handle, CURLOPT_PROXYUSERNAME, user.name)
            user.password.reveal { _ = ccurl_set_text(handle, CURLOPT_PROXYPASSWORD, $0) }
        }
    }

    /// Limits the time for connecting and the total time, in seconds.
    func limitTime(connect: Double, total: Double) {
        ccurl_set_long(raw, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(clamping: min(connect, total) * 1_000)))
        ccurl_set_long(raw, CURLOPT_TIMEOUT_MS, max(1, Int(clamping: total * 1_000)))
    }

    /// Prepares the transfer for being sent again.
    func startOver() {
        headers = Headers()
        body = []
    }

    /// Returns the response, or the error that a result code of libcurl stands for.
    func outcome(_ code: CURLcode) -> Result<UpstreamResponse, UpstreamError> {
        if code != CURLE_OK, let status = refusalOfProxy { return .failure(.proxyRefused(status: status)) }
        switch code {
        case CURLE_OK:
            return .success(
                UpstreamResponse(status: Int(ccurl_status(raw)), headers: headers, body: body, url: request.url))
        // libcurl also returns this code if the response's first line is not HTTP. Then the request may have been
        // carried out.
        case CURLE_UNSUPPORTED_PROTOCOL: return .failure(ccurl_sent(raw) == 0 ? .refused : .broken)
        case CURLE_URL_MALFORMAT: return .failure(.refused)
        case CURLE_COULDNT_CONNECT: return .failure(isRefused ? .refused : .unreachable)
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION,
            CURLE_SSL_CACERT_BADFILE:
            return .failure(.unreachable)
        case CURLE_WRITE_ERROR where isTooLarge: return .failure(.tooLarge)
        default: return .failure(.broken)
        }
    }

    /// The status with which the proxy has refused a tunnel. Nothing was then sent to the upstream. Nil if the proxy
    /// has not refused one.
    private var refusalOfProxy: Int? {
        guard proxy != nil else { return nil }
        let status = Int(ccurl_connect_status(raw))
        return status == 0 || (200..<300).contains(status) ? nil : status
    }

    private func mayConnect(to address: UnsafePointer<sockaddr>) -> Bool {
        // With a proxy, this is the proxy's address, which the operator has chosen.
        if isOverride || proxy != nil || AddressGuard.allows(address, or: networks) { return true }
        isRefused = true
        return false
    }

    private func receiveField(_ line: UnsafeRawBufferPointer) {
        let text = StreamSafeText.read(String(decoding: line, as: UTF8.self))
        // Every response has a head of its own. The head of an interim response (1xx) is discarded here.
        if text.hasPrefix("HTTP/") { return headers = Headers() }
        if let (name, value) = FieldLine.lenient(text) { headers.add(name, value) }
    }

    private func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        guard body.count + part.count <= limit else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: part)
        return true
    }
}
