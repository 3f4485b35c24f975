import Glibc

/// The certificate authorities that TLS connections trust.
public enum CertificateAuthorities {
    /// The files in which Linux distributions keep the certificates of the public authorities.
    static let files = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",  // Fedora, RHEL, Amazon Linux
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",  // openSUSE
        "/etc/ssl/cert.pem",  // Alpine
    ]

    /// The file with the trusted certificates, in PEM. The variable SSL_CERT_FILE, which OpenSSL knows too, names another
    /// one.
    ///
    /// - Throws: `EnvironmentError` if the file that the variable names can't be read, or if none of the usual ones can.
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
