import Archive
import Base

/// A package for machines on which a web server calls the functions by FastCGI or CGI: an archive to be unpacked at the
/// root, with the executables, the configuration of four web servers, and the units and scripts that start processes.
struct WebServerPackage {
    private let source: PackageSource
    private let prefix: InstallationFolder

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        prefix = try InstallationFolder(source, arguments)
    }

    /// Writes the archive. Returns the instructions for installing it.
    func write(into folder: inout PackageFolder) throws -> String {
        let sites = try source.functions.map { function in
            WebServerSite(
                function: function, program: "\(prefix.path)/\(function.function)",
                socket: "/run/\(source.name)/\(function.function).sock", variables: try environment(of: function))
        }
        var files = [
            ArchiveFile(prefix.file(PackageSource.componentsFile), source.components),
            ArchiveFile(prefix.file(OpenAPIDocument.fileName), source.openAPI),
        ]
        for site in sites {
            let name = site.function.function
            files.append(ArchiveFile(prefix.file(name), mode: 0o755, try source.executable(name)))
            files.append(text("environment/\(name)", site.environmentFile))
        }
        let reached = sites.filter { !$0.function.methods.isEmpty }
        files += [
            text("web-servers/nginx-fastcgi.conf", WebServerSite.nginx(reached)),
            text("web-servers/lighttpd-fastcgi.conf", WebServerSite.lighttpdFastCGI(reached)),
            text("web-servers/lighttpd-cgi.conf", WebServerSite.lighttpdCGI(reached)),
            text("web-servers/apache-fastcgi.conf", WebServerSite.apacheFastCGI(reached)),
            text("web-servers/apache-cgi.conf", WebServerSite.apacheCGI(reached)),
            text("web-servers/Caddyfile", WebServerSite.caddy(reached)),
            text("fastcgi", fastCGI, mode: 0o755), text("run", run, mode: 0o755), text("crontab", crontab),
            ArchiveFile("etc/systemd/system/\(source.name)-fastcgi@.socket", Array(socketUnit.utf8)),
            ArchiveFile("etc/systemd/system/\(source.name)-fastcgi@.service", Array(serviceUnit.utf8)),
        ]
        let archive = "\(source.name)-cgi-\(source.machine.rawValue).tar.gz"
        try folder.write(archive, files) { Gzip.compress(try $0.tar()) }
        return """
            Next, as root on the target, with these secrets as files in /etc/\(source.name)/secrets \
            (\(Set(source.functions.flatMap { source.secrets(of: $0) }).sorted().joined(separator: ", "))):
              tar -xzf \(archive) -C /
            Then include one of the files in \(prefix.path)/web-servers in the web server's configuration.
            """
    }

    private func text(_ name: String, _ text: String, mode: UInt16 = 0o644) -> ArchiveFile {
        ArchiveFile(prefix.file(name), mode: mode, Array(text.utf8))
    }

    /// Returns the variables of a function: those with values, and for each secret NAME_FILE with the path of its file.
    private func environment(of function: FunctionConfiguration) throws -> [(name: String, value: String)] {
        let variables = try source.variables(of: function)
        for (name, value) in variables {
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\\") }) else {
                throw Failure(
                    "\(name) has a backslash or a line break, which not every web server can write down; remove it")
            }
        }
        let files = source.secrets(of: function).map {
            (name: $0 + Environment.fileSuffix, value: "/etc/\(source.name)/secrets/\($0)")
        }
        return variables + files
    }

    // MARK: Starting processes

    /// Returns the beginning of the scripts `fastcgi` and `run`. The script starts itself again without the variables
    /// of its caller, because a function's environment may contain only the variables that wrangler-like.json names for
    /// it.
    private func script(_ usage: String) -> String {
        """
        #!/bin/sh
        # \(usage)
        set -eu
        [ "${THALIAN_CLEAN:-}" ] || exec env -i THALIAN_CLEAN=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$0" "$@"
        unset THALIAN_CLEAN
        set -a
        . "\(prefix.path)/environment/$1"
        set +a

        """
    }

    private var fastCGI: String {
        script("Starts processes of a function that answer by FastCGI: fastcgi FUNCTION [PROCESSES]") + """
            exec spawn-fcgi -n -s "/run/\(source.name)/$1.sock" -M 0660 -- \\
                /usr/bin/multiwatch -f "${2:-4}" -- "\(prefix.path)/$1"

            """
    }

    private var run: String {
        script("Runs a scheduled function once: run FUNCTION") + """
            FUNCTION_EVENT='{"source":"aws.events","detail-type":"Scheduled Event"}' exec "\(prefix.path)/$1" </dev/null

            """
    }

    private var crontab: String {
        "# The schedules for /etc/cron.d. Their times are meant in UTC.\n"
            + source.functions.flatMap { function in
                source.crons(of: function).map {
                    "\($0) www-data \(prefix.path)/run \(function.function) >/dev/null\n"
                }
            }.joined()
    }

    private var socketUnit: String {
        """
        [Unit]
        Description=\(source.name): socket of %i

        [Socket]
        ListenStream=/run/\(source.name)/%i.sock
        SocketUser=www-data
        SocketGroup=www-data
        SocketMode=0660

        [Install]
        WantedBy=sockets.target

        """
    }

    /// The unit of the processes. multiwatch(1) starts four of them, and replaces those that end.
    private var serviceUnit: String {
        """
        [Unit]
        Description=\(source.name): %i by FastCGI
        Requires=\(source.name)-fastcgi@%i.socket
        After=network.target

        [Service]
        ExecStart=/usr/bin/multiwatch -f 4 -- \(prefix.path)/%i
        EnvironmentFile=\(prefix.path)/environment/%i
        StandardInput=socket
        StandardOutput=journal
        StandardError=journal
        User=www-data
        Group=www-data
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=yes
        PrivateTmp=yes
        PrivateDevices=yes
        StateDirectory=\(source.name)

        """
    }
}
