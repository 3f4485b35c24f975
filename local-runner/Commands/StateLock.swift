import CSystem
import Glibc

/// Prevents two runs of `dev` from using the same state folder. The system releases the lock when the process ends,
/// even by a crash.
enum StateLock {
    /// Takes the lock and keeps it until the process ends. Throws `Failure` if another run of `dev` has it, and
    /// `FileError` if the lock's file can't be opened.
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
