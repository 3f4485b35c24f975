import Auth
import Base
import Function
import HTTP
import Upstream

/// Runs every minute: fetches the public keys for session tokens from their issuer if that is due (Supabase: GET
/// /auth/v1/.well-known/jwks.json). Does nothing if the keys are fixed by the environment.
@main struct SessionKeySets: ScheduledFunction {
    static func onScheduled(_ context: ScheduledContext) throws -> ScheduledResult {
        let keys = try SessionKeys(context.env)
        let fetched = context.access.sessionKeys(of: keys.issuer)
        guard !keys.hasFixedKeySet, try fetched.areDue(now: context.time),
            let issuer = UpstreamURL(keys.issuer)
        else { return .completed }
        let client = try UpstreamClient("supabase", context.env, seconds: 20)
        // An issuer without TLS is taken to run on the developer's own machine and to sign with the secret, so that it
        // has no public keys.
        guard issuer.scheme == .https || client.isOverridden else { return .completed }
        let response: UpstreamResponse
        do {
            response = try client.send(UpstreamRequest(.get, issuer, "/.well-known/jwks.json"))
        } catch {
            context.log.write(.error, "the issuer of session tokens at \(issuer.authority) gave no answer: \(error)")
            throw HTTPError(502, "The issuer of session tokens gave no answer.")
        }
        guard response.isSuccess, SessionKeys.isKeySet(response.body) else {
            context.log.write(
                .error,
                "the issuer of session tokens at \(issuer.authority) returned no key set: status \(response.status)")
            throw HTTPError(502, "The issuer of session tokens returned no key set.")
        }
        try fetched.store(response.body, now: context.time)
        return .completed
    }
}
