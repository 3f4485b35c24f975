#if PostgreSQL
    import Foundation
    import Base
    import TestSupport
    import Testing

    @testable import Store

    /// The executable contains stubs in the place of Kerberos (Shared/Base/System/CLinkStubs).
    @Suite struct GSSAPIRefusalTests {
        /// The server answers the startup message with a request for the authentication `method` (PostgreSQL, "Message
        /// Formats", AuthenticationGSS, AuthenticationGSSContinue and AuthenticationSSPI).
        @Test("A server that asks for GSSAPI or SSPI authentication is refused", arguments: [UInt8(7), 8, 9])
        func refusesGSSAPI(_ method: UInt8) throws {
            let listener = try LocalListener(.tcp)
            nonisolated(unsafe) let shared = listener
            let server = Threads(count: 1) { _ in
                guard let connection = try? shared.accept(seconds: 10),
                    let head = try? connection.read(exactly: 4), let length = head.last,
                    (try? connection.read(exactly: Int(length) - 4)) != nil
                else { return }
                connection.send([UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, method])
                _ = try? connection.read(exactly: 1)
            }
            let database = PostgreSQLDatabase(url: Secret("postgres://somebody@127.0.0.1:\(listener.port)/any"))
            #expect { try database.isCurrent() } throws: { error in
                guard case StoreError.unreachable(let reason) = error else { return false }
                return method != 9 ? reason.contains("GSSAPI is not part of this executable") : true
            }
            database.close()
            server.join()
        }
    }
#endif
