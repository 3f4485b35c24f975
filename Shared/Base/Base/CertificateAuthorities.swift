import Glibc

/// The certificate authorities by which TLS connections to platforms and to PostgreSQL check servers.
public enum CertificateAuthorities {
    /// Files in which Linux distributions keep the certificates of public authorities.
    static let files = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",  // Fedora, RHEL, Amazon Linux
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",  // openSUSE
        "/etc/ssl/cert.pem",  // Alpine
    ]

    /// Returns the path of a PEM file with the trusted certificates: the file that the variable SSL_CERT_FILE names
    /// (OpenSSL reads that variable too), or, if it is not set, the first of the usual files that can be read. The
    /// file's content is not checked.
    ///
    /// - Throws: `EnvironmentError` if the file that SSL_CERT_FILE names can't be read, or if the variable is not set
    ///   and none of the usual files can be read.
    public static func file(_ environment: Environment) throws(EnvironmentError) -> String {
        if let file = environment["SSL_CERT_FILE"] {
            guard access(file, R_OK) == 0 else {
                throw EnvironmentError("SSL_CERT_FILE names a file that can't be read")
            }
            return file
        }
        guard let file = files.first(where: { access($0, R_OK) == 0 }) else {
            throw EnvironmentError(
                "no file with certificate authorities was found; install ca-certificates or set SSL_CERT_FILE")
        }
        return file
    }
}
