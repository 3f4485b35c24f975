public import Integrations

extension Integration {
    /// Creates a connector with the stored credentials.
    ///
    /// - Throws: `ConnectorError.unopenedCredentials` if none of the server's keys decrypts the credentials, or the
    ///   connector's own error about them.
    public func connector(_ type: any Connector.Type, _ scope: ConnectorScope) throws -> any Connector {
        let credentials: Credentials
        do {
            credentials = try self.credentials(scope.environment)
        } catch is IntegrationError {
            throw ConnectorError.unopenedCredentials
        }
        return try type.init(credentials, scope)
    }
}
