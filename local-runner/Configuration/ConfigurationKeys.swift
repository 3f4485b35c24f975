/// The keys of wrangler-like.json. local-runner/wrangler-like.schema.json has the same, for editors.
enum ConfigurationKeys {
    /// The keys that each environment may have.
    static let environment = [
        "name", "compatibility_date", "vars", "secrets", "dev", "limits", "binding_groups", "functions", "triggers",
    ]
    /// The keys at the top of the file.
    static let top = environment + ["env", "$schema"]
    static let dev = ["ip", "port"]
    static let secrets = ["required", "optional"]
    static let limits = ["timeout_ms", "max_body_bytes", "memory_mb", "concurrency"]
    static let function = ["route", "function", "methods", "bindings", "dispatch", "credentials", "limits", "streams"]
    static let triggers = ["crons"]
    static let cron = ["cron", "function"]
}
