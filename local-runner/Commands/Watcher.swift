import CSystem
import Glibc

/// Rebuilds when the functions' sources change, replaces the functions' processes when their binaries change, and puts
/// a changed configuration into service. Looks every second, and acts when a second has passed without another change.
final class Watcher {
    private let server: Server
    private let log: RunnerLog
    /// The path of the build script.
    private let script: String
    private let folder: String
    private let reload: () -> [FunctionConfiguration]?
    private var sources: FileWatch
    private var settings: FileWatch
    private var binaries: FileWatch
    private var sourcesChanged = false
    private var settingsChanged = false
    private var binariesChanged = false
    /// The process of the running build; 0 if there is none.
    private var build: pid_t = 0

    /// Remembers the state of the sources under `root`, the files `configuration`, and the binaries of `functions` in
    /// `folder`. `reload` puts the configuration into service and returns its functions; nil if it has problems.
    init(
        root: String, configuration: [String], functions: [FunctionConfiguration], in folder: String, server: Server,
        log: RunnerLog, reload: @escaping () -> [FunctionConfiguration]?
    ) {
        self.server = server
        self.log = log
        self.folder = folder
        self.reload = reload
        script = "\(root)/local-runner/dev"
        sources = FileWatch(["Package.swift", "Functions", "Shared"].map { "\(root)/\($0)" })
        settings = FileWatch(configuration)
        binaries = Self.watch(functions, in: folder)
    }

    /// Looks for changes every second from now on.
    func start() {
        server.loop.after(milliseconds: 1000) { [self] in
            look()
            start()
        }
    }

    /// Ends a running build with all of its processes.
    func stop() {
        guard build > 0 else { return }
        kill(-build, SIGTERM)
        for _ in 0..<100 where waitpid(build, nil, WNOHANG) == 0 { usleep(20_000) }
        kill(-build, SIGKILL)
        build = 0
    }

    private static func watch(_ functions: [FunctionConfiguration], in folder: String) -> FileWatch {
        FileWatch(functions.map { "\(folder)/\($0.function)" })
    }

    private func look() {
        if let changed = sources.changes().first {
            sourcesChanged = true
            log.write("\(changed) changed")
        } else if sourcesChanged, build == 0 {
            sourcesChanged = false
            startBuild()
        }
        if let changed = settings.changes().first {
            settingsChanged = true
            log.write("\(changed) changed")
        } else if settingsChanged {
            settingsChanged = false
            if let functions = reload() { binaries = Self.watch(functions, in: folder) }
        }
        if !binaries.changes().isEmpty {
            binariesChanged = true
        } else if binariesChanged, build == 0 {
            binariesChanged = false
            server.replaceProcesses()
            log.write("the functions now run the new build")
        }
    }

    private func startBuild() {
        guard File.exists(script) else { return }
        let process = spawnBuild()
        guard process > 0 else { return log.write("can't build: \(String(cString: strerror(-process)))") }
        log.write("building")
        build = process
        server.loop.whenEnded(process) { [self] status in
            build = 0
            log.write(status == 0 ? "built" : "the build failed; the previous build stays in service")
        }
    }

    /// The options with which the build script makes executables of the kind that this program is: with PostgreSQL or
    /// without.
    private static var buildOptions: [String] {
        #if PostgreSQL
            ["--build-only", "--postgresql"]
        #else
            ["--build-only"]
        #endif
    }

    /// Starts the build script with this process's environment and standard error, in a process group of its own.
    /// Returns its process id, or the negated errno.
    private func spawnBuild() -> pid_t {
        let words = [script] + Self.buildOptions
        let variables = Configuration.processEnvironment.map { "\($0.key)=\($0.value)" }
        let texts: [UnsafeMutablePointer<CChar>?] =
            words.map { strdup($0) } + [nil] + variables.map { strdup($0) } + [nil]
        defer { texts.forEach { free($0) } }
        let descriptors: [Int32] = [-1, STDERR_FILENO, STDERR_FILENO]
        return texts.withUnsafeBufferPointer { texts in
            descriptors.withUnsafeBufferPointer { descriptors in
                guard let arguments = texts.baseAddress else { return -EINVAL }
                var how = csystem_spawn()
                how.path = UnsafePointer(arguments[0])
                how.arguments = arguments
                how.environment = arguments + words.count + 1
                how.descriptors = descriptors.baseAddress
                how.descriptor_count = Int32(clamping: descriptors.count)
                return csystem_spawn(&how)
            }
        }
    }
}
