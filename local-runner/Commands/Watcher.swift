import CSystem
import Glibc

/// Rebuilds when sources change, and replaces the functions' processes when their binaries change. Looks once a second,
/// and acts once a second passes without another change.
final class Watcher {
    private let server: Server
    private let log: RunnerLog
    /// The path of the build script.
    private let script: String
    private var sources: FileWatch
    private var binaries: FileWatch
    private var sourcesChanged = false
    private var binariesChanged = false
    private var isBuilding = false

    /// Starts watching the sources under `root` and the binaries of `functions` in `folder`.
    init(root: String, functions: [FunctionConfiguration], in folder: String, server: Server, log: RunnerLog) {
        self.server = server
        self.log = log
        script = "\(root)/local-runner/dev"
        sources = FileWatch(["Package.swift", "Functions", "Shared"].map { "\(root)/\($0)" })
        binaries = FileWatch(functions.map { "\(folder)/\($0.function)" })
    }

    /// Looks for changes every second from now on.
    func start() {
        server.loop.after(milliseconds: 1000) { [self] in
            look()
            start()
        }
    }

    private func look() {
        if let changed = sources.changes().first {
            sourcesChanged = true
            log.write("\(changed) changed")
        } else if sourcesChanged, !isBuilding {
            sourcesChanged = false
            startBuild()
        }
        if !binaries.changes().isEmpty {
            binariesChanged = true
        } else if binariesChanged, !isBuilding {
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
        isBuilding = true
        server.loop.whenEnded(process) { [self] status in
            isBuilding = false
            log.write(status == 0 ? "built" : "the build failed; the previous build stays in service")
        }
    }

    /// Starts the build script with this process's environment and standard error. Returns its process id, or the
    /// negated errno.
    private func spawnBuild() -> pid_t {
        let variables = Configuration.processEnvironment.map { "\($0.key)=\($0.value)" }
        var texts: [UnsafeMutablePointer<CChar>?] = [strdup(script), strdup("--build-only"), nil]
        texts += variables.map { strdup($0) }
        texts.append(nil)
        defer { texts.forEach { free($0) } }
        let descriptors: [Int32] = [-1, STDERR_FILENO, STDERR_FILENO]
        return texts.withUnsafeBufferPointer { texts in
            descriptors.withUnsafeBufferPointer { descriptors in
                guard let arguments = texts.baseAddress else { return -EINVAL }
                var how = csystem_spawn()
                how.path = UnsafePointer(arguments[0])
                how.arguments = arguments
                how.environment = arguments + 3
                how.descriptors = descriptors.baseAddress
                how.descriptor_count = Int32(clamping: descriptors.count)
                return csystem_spawn(&how)
            }
        }
    }
}
