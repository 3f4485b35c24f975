import Auth
import Base
import Glibc
import HTTP
import Integrations
import Store

/// Checks the values of the variables that it knows. Any other variable may have any value.
enum VariableType {
    /// Returns the reason why a value is not allowed: a sentence that begins with the variable's name and does not
    /// repeat the value. Returns nil if there is no reason, and for an empty value, which means that the variable is
    /// not set.
    static func problem(of name: String, _ value: String) -> String? {
        guard !value.isEmpty else { return nil }
        let environment = Environment([name: value])
        do throws(EnvironmentError) {
            switch name {
            case "SUPABASE_JWT_SECRET", "EXPORT_CURSOR_SECRET", "CONFIRMATION_SECRET", "STRIPE_WEBHOOK_SECRET":
                _ = try environment.hmacKey(name)
            case "AUDIT_SIGNING_KEY": _ = try AuditSigningKey(environment)
            case "CREDENTIALS_KEY": _ = try CredentialSeal(environment)
            case "TRUSTED_PROXIES", "CLIENT_IP_HEADER": _ = try TrustedProxies(environment)
            case AllowedOrigins.variable: _ = try AllowedOrigins(environment)
            case "API_KEY_HOURLY_LIMIT": return number(name, value, in: 0...Int.max, "0 or more")
            case "EXPORT_MAX_ROWS": return number(name, value, in: 1...1_000_000, "from 1 to 1000000")
            case "JOB_PROCESSES": return number(name, value, in: 1...256, "from 1 to 256")
            case "JOB_WORKER_SECONDS": return number(name, value, in: 1...86_400, "from 1 to 86400")
            case "HTTPS_PROXY": _ = try Proxy(environment)
            case "NO_PROXY":
                _ = try Proxy(Environment([name: value, "HTTPS_PROXY": "http://proxy.example"]))
            case "UPSTREAM_ALLOWED_NETWORKS": _ = try AllowedNetworks(environment)
            case "ENVIRONMENT":
                // Any other value is allowed and turns all settings for development off, so a misspelt value is
                // reported.
                let known = "development"
                return value != known && NearestWord.nearest(to: value, in: [known]) != nil
                    ? "\(name) is not \"\(known)\", but nearly" : nil
            case "SUPABASE_JWKS":
                return SessionKeys.isKeySet(Array(value.utf8)) ? nil : "\(name) is not a JSON Web Key Set"
            case "SSL_CERT_FILE", "SUPABASE_JWKS_FILE":
                return access(value, R_OK) == 0 ? nil : "\(name) names a file that can't be read"
            case "SUPABASE_URL", "BILLING_RETURN_URL": return isURL(value) ? nil : noURL(name)
            default: return replacesProvider(name) && !isURL(value) ? noURL(name) : nil
            }
            return nil
        } catch {
            return error.description
        }
    }

    /// Returns true for a variable that replaces a provider by another server, such as UPSTREAM_OKTA.
    static func replacesProvider(_ name: String) -> Bool {
        name.hasPrefix("UPSTREAM_") && name != "UPSTREAM_ALLOWED_NETWORKS"
    }

    /// Returns true for an HTTP or HTTPS URL whose host begins like one of this machine itself.
    static func namesThisMachine(_ url: String) -> Bool {
        guard let (scheme, rest) = url.cut(at: ":"), ["http", "https"].contains(scheme), rest.hasPrefix("//") else {
            return false
        }
        let authority = rest.dropFirst(2).lowercased()
        return ["127.", "localhost", "[::1]"].contains { authority.hasPrefix($0) }
    }

    /// Returns the reason why a value that functions accept is probably a mistake: a sentence that begins with the
    /// variable's name and does not repeat the value. Returns nil if there is no reason.
    static func warning(of name: String, _ value: String) -> String? {
        guard name == "SUPABASE_JWT_SECRET", value.contains(","),
            let keys = try? Environment([name: value]).hmacKeys(name), keys.count == 1
        else { return nil }
        return "\(name) contains a comma, but is not two secrets of at least 32 bytes each, so all of it is one secret"
    }

    private static func number(
        _ name: String, _ value: String, in range: ClosedRange<Int>, _ text: String
    ) -> String? {
        Int(value).map { range.contains($0) } == true ? nil : "\(name) is not a whole number \(text)"
    }

    private static func noURL(_ name: String) -> String { "\(name) is not a URL such as https://example.com" }

    /// Returns true for `http://HOST…` and `https://HOST…` without white space.
    private static func isURL(_ text: String) -> Bool {
        guard let (scheme, rest) = text.cut(at: ":"), ["http", "https"].contains(scheme), rest.hasPrefix("//"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return false }
        return !rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }.isEmpty
    }
}
