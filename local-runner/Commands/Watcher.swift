import CSystem
import Glibc

/// Rebuilds when sources change, and renews the functions' processes when their binaries have. It looks once a
/// second; a change counts when a second has passed without another.
final class Watcher {
    private let server: Server
    private let log: RunnerLog
    /// The script that builds.
    private let script: String
    private var sources: FileWatch
    private var binaries: FileWatch
    private var sourcesChanged = false
    private var binariesChanged = false
    private var isBuilding = false

    /// Watches the sources under `root` and the binaries of `functions` in `folder`.
    init(root: String, functions: [FunctionConfiguration], in folder: String, server: Server, log: RunnerLog) {
        self.server = server
        self.log = log
        script = "\(root)/local-runner/dev"
        sources = FileWatch(["Package.swift", "Functions", "Shared"].map { "\(root)/\($0)" })
        binaries = FileWatch(functions.map { "\(folder)/\($0.function)" })
    }

    /// Looks every second from now on.
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
            log.write("functions replaced by the new build")
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
            log.write(status == 0 ? "built" : "the build failed; the last one stays in service")
        }
    }

    /// Starts the script with this process's variables and standard error. Returns its process id, or the
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
