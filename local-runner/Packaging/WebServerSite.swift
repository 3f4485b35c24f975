import Base

/// A function behind a web server, with the configuration for each web server. Every configuration matches the whole
/// route, because the path of one function may be the beginning of another's.
struct WebServerSite {
    let function: FunctionConfiguration
    /// The path of the executable.
    let program: String
    /// The path of the Unix socket on which the function's FastCGI processes listen.
    let socket: String
    let variables: [(name: String, value: String)]

    private var route: String { function.route }
    /// The route as a regular expression. A route consists of slashes, letters, digits and - . _ ~.
    private var pattern: String { "^" + route.replacing(".", with: "\\.") + "$" }
    private var seconds: Int { 5 + function.limits.timeoutMilliseconds / 1_000 }
    /// The number of processes that lighttpd starts for the function, at most four. Each of them serves one request at
    /// a time.
    private var processes: Int { min(4, function.limits.concurrency) }

    /// The variables, in the form of a file that shells and systemd can read.
    var environmentFile: String {
        variables.map { "\($0.name)='\($0.value.replacing("'", with: "'\\''"))'\n" }.joined()
    }

    private static func quoted(_ text: String) -> String { "\"" + text.replacing("\"", with: "\\\"") + "\"" }

    // MARK: nginx

    static func nginx(_ sites: [WebServerSite]) -> String {
        "# Include this within a server block: include /…/nginx-fastcgi.conf;\n"
            + sites.map { site in
                """
                location = \(site.route) {
                    include /etc/nginx/fastcgi_params;
                    fastcgi_pass unix:\(site.socket);
                    fastcgi_keep_conn on;
                    fastcgi_read_timeout \(site.seconds)s;
                    fastcgi_buffering \(site.function.streams ? "off" : "on");
                    client_max_body_size \(site.function.limits.maxBodyBytes + 65_536);
                }

                """
            }.joined()
    }

    // MARK: lighttpd

    private var lighttpdVariables: String {
        variables.map { "\(Self.quoted($0.name)) => \(Self.quoted($0.value))" }.joined(separator: ",\n            ")
    }

    static func lighttpdFastCGI(_ sites: [WebServerSite]) -> String {
        """
        # Include this in the configuration: include "/…/lighttpd-fastcgi.conf"
        # lighttpd starts the processes itself.
        server.modules += ("mod_fastcgi")

        """
            + sites.map { site in
                """
                $HTTP["url"] == "\(site.route)" {
                    server.stream-response-body = 1
                    fastcgi.server = ("\(site.route)" => ((
                        "bin-path" => "\(site.program)",
                        "socket" => "\(site.socket)",
                        "max-procs" => \(site.processes),
                        "check-local" => "disable",
                        "bin-copy-environment" => ("PATH"),
                        "bin-environment" => (
                            \(site.lighttpdVariables)
                        ))))
                }

                """
            }.joined()
    }

    static func lighttpdCGI(_ sites: [WebServerSite]) -> String {
        """
        # Include this in the configuration: include "/…/lighttpd-cgi.conf"
        server.modules += ("mod_alias", "mod_cgi", "mod_setenv")

        """
            + sites.map { site in
                """
                $HTTP["url"] == "\(site.route)" {
                    server.stream-response-body = 1
                    alias.url = ("\(site.route)" => "\(site.program)")
                    cgi.assign = ("" => "")
                    setenv.set-environment = (
                            \(site.lighttpdVariables)
                        )
                }

                """
            }.joined()
    }

    // MARK: Apache

    static func apacheFastCGI(_ sites: [WebServerSite]) -> String {
        """
        # Include this within a virtual host: Include /…/apache-fastcgi.conf
        # It needs the modules proxy and proxy_fcgi: a2enmod proxy_fcgi

        """
            + sites.map { site in
                """
                <LocationMatch "\(site.pattern)">
                    Require all granted
                    CGIPassAuth On
                    SetEnv proxy-sendcl 1
                    LimitRequestBody \(site.function.limits.maxBodyBytes + 65_536)
                    SetHandler "proxy:unix:\(site.socket)|fcgi://localhost/"
                </LocationMatch>

                """
            }.joined()
    }

    static func apacheCGI(_ sites: [WebServerSite]) -> String {
        """
        # Include this within a virtual host: Include /…/apache-cgi.conf
        # It needs the modules cgid (or cgi), alias and env: a2enmod cgid

        """
            + sites.map { site in
                let variables = site.variables.map { "    SetEnv \($0.name) \(quoted($0.value))\n" }.joined()
                return """
                    ScriptAliasMatch "\(site.pattern)" "\(site.program)"
                    <LocationMatch "\(site.pattern)">
                        Require all granted
                        CGIPassAuth On
                        LimitRequestBody \(site.function.limits.maxBodyBytes + 65_536)
                    \(variables)</LocationMatch>

                    """
            }.joined()
    }

    // MARK: Caddy

    static func caddy(_ sites: [WebServerSite]) -> String {
        "# Import this within a site's block: import /…/Caddyfile\n"
            + sites.map { site in
                """
                @\(site.function.function) path \(site.route)
                reverse_proxy @\(site.function.function) unix/\(site.socket) {
                    transport fastcgi {
                        read_timeout \(site.seconds)s
                    }
                    flush_interval \(site.function.streams ? "-1" : "0s")
                }

                """
            }.joined()
    }
}
