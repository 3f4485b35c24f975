public import Integrations

extension Integration {
    /// Creates a connector with the stored credentials.
    ///
    /// - Throws: `ConnectorError.configuration` if there are no credentials, `ConnectorError.unopenedCredentials` if
    ///   none of the server's keys decrypts them, `EnvironmentError` if the server's keys are missing or malformed, or
    ///   the connector's own error.
    public func connector(_ type: any Connector.Type, _ scope: ConnectorScope) throws -> any Connector {
        let credentials: Credentials
        do {
            credentials = try self.credentials(scope.environment)
        } catch let error as IntegrationError {
            throw error == .noCredentials ? ConnectorError.configuration(error.sentence) : .unopenedCredentials
        }
        return try type.init(credentials, scope)
    }
}
