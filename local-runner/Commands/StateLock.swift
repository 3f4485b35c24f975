import CSystem
import Glibc

/// Keeps the state folder for one runner at a time. The system lets go of it when the process ends, however
/// it ends.
enum StateLock {
    /// Takes the lock until the process ends. Throws `Failure` when another runner has it.
    static func take(in folder: String) throws {
        let path = "\(folder)/lock"
        let descriptor = csystem_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = String(decoding: (try? File.read(descriptor, path)) ?? [], as: UTF8.self)
            throw Failure(
                "another runner\(owner.isEmpty ? "" : " (process \(owner))") uses \(folder): "
                    + "stop it, or give this one a folder of its own with --persist-to DIR and --port 0")
        }
        ftruncate(descriptor, 0)
        _ = File.write(descriptor, Array("\(getpid())".utf8)[...])
    }
}
