extension StringProtocol {
    /// The text without spaces and tabs at its ends. HTTP allows these around most parts of a header field (OWS, RFC
    /// 9110 §5.6.3).
    public var withoutOuterWhitespace: Substring {
        func isWhitespace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = Substring(self).utf8.drop(while: isWhitespace)
        while let last = bytes.last, isWhitespace(last) { bytes = bytes.dropLast() }
        return Substring(bytes)
    }
}
