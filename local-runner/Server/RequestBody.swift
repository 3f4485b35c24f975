import CSystem
import Glibc
import HTTP

/// The body of a request, kept until its function has taken it: in memory up to 64 KiB if the budget has room for it,
/// otherwise in a file without a name.
final class RequestBody {
    static let maximumInMemory = 64 << 10

    /// The number of bytes received.
    private(set) var count = 0
    /// The number of bytes that a function has taken, or all if the file can't be read.
    private(set) var taken = 0

    /// The resources that the client's address uses.
    let account: Budget.Account
    var isInFile: Bool { file >= 0 }

    private let store: BodyStore
    private var memory: [UInt8] = []
    private var file: Int32 = -1

    /// Creates an empty body. Its memory or file counts for the client's account.
    init(_ store: BodyStore, _ account: Budget.Account) {
        self.store = store
        self.account = account
    }

    deinit {
        if file >= 0 {
            close(file)
            store.budget.give(.files, account)
            store.budget.give(.stored, account, count)
        } else {
            store.budget.give(.memory, account, count)
        }
    }

    /// Appends the next part; in a file if the part does not fit into memory. Throws `overloaded` if the limits for
    /// files leave no room, even after slower uploads were ended, or if no file can be created or written.
    func append(_ part: UnsafeRawBufferPointer) throws(RunnerError) {
        guard !part.isEmpty else { return }
        if file < 0, count + part.count > Self.maximumInMemory { try spill() }
        if file < 0, !store.budget.take(.memory, account, part.count) { try spill() }
        if file >= 0, !take(.stored, part.count) { throw .overloaded }
        count += part.count
        if file < 0 { memory.append(contentsOf: part) } else { try write(part) }
    }

    /// Passes the next bytes to `use`, at most `limit` of them. Returns false, without calling it, at the end of the
    /// body, or if the body's file can't be read.
    func take(limit: Int, _ use: (UnsafeRawBufferPointer) -> Void) -> Bool {
        let length = min(limit, count - taken)
        guard length > 0 else { return false }
        if file < 0 {
            memory.withUnsafeBytes { use($0[Extent(start: taken, end: taken + length)]) }
            taken += length
            return true
        }
        let scratch = store.scratch
        var read = -1
        repeat {
            read = pread(file, scratch.baseAddress, min(length, scratch.count), taken)
        } while read < 0 && errno == EINTR
        // Usually a failing disk is the cause. The function then gets fewer bytes than Content-Length says.
        guard read > 0 else {
            store.report("reading a request's body", errno)
            taken = count
            return false
        }
        use(UnsafeRawBufferPointer(rebasing: scratch.prefix(read)))
        taken += read
        return true
    }

    /// Takes `amount` of a resource, and ends slower uploads for that if necessary. Returns false if there is not
    /// enough.
    private func take(_ resource: Budget.Resource, _ amount: Int) -> Bool {
        while !store.budget.take(resource, account, amount) {
            guard store.makeRoom(resource, amount, self) else { return false }
        }
        return true
    }

    /// Moves the received bytes from memory into a file.
    private func spill() throws(RunnerError) {
        guard take(.files, 1) else { throw .overloaded }
        guard take(.stored, count) else {
            store.budget.give(.files, account)
            throw .overloaded
        }
        let descriptor = store.makeFile()
        guard descriptor >= 0 else {
            store.budget.give(.files, account)
            store.budget.give(.stored, account, count)
            throw .overloaded
        }
        store.budget.give(.memory, account, count)
        file = descriptor
        // Typed throws can't pass through withUnsafeBytes.
        let failure = memory.withUnsafeBytes { bytes -> RunnerError? in
            do throws(RunnerError) { try write(bytes) } catch { return error }
            return nil
        }
        memory = []
        if let failure { throw failure }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(RunnerError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let length = Glibc.write(file, part.baseAddress, part.count)
            if length > 0 {
                rest = rest.dropFirst(length)
            } else if errno != EINTR {
                store.report("writing a request's body to a temporary file", errno)
                throw .overloaded
            }
        }
    }
}

/// Creates the files of request bodies that are not kept in memory, and knows the budget of all bodies.
final class BodyStore {
    let budget: Budget
    /// A buffer for reading files.
    let scratch: UnsafeMutableRawBufferPointer
    /// Closes slower connections to free some of a resource of which a body needs `amount`. Returns false if none was
    /// closed.
    var makeRoom: (Budget.Resource, _ amount: Int, RequestBody) -> Bool = { _, _, _ in false }

    private let log: RunnerLog
    /// The folders in which files may be created. The first one is used, and removed from the list if it fails.
    private var folders: [String]
    private var reported: Set<String> = []

    init(budget: Budget, folders: [String], scratch: UnsafeMutableRawBufferPointer, log: RunnerLog) {
        self.budget = budget
        self.folders = folders
        self.scratch = scratch
        self.log = log
    }

    /// Creates a file without a name, in memory if that works in no folder. Returns -1 if that fails too.
    func makeFile() -> Int32 {
        while let folder = folders.first {
            let file = csystem_unnamed_file(folder)
            if file >= 0 { return file }
            // These errors say nothing about the folder.
            if errno == EMFILE || errno == ENFILE || errno == ENOMEM { break }
            report("no temporary file in \(folder)", errno)
            folders = Array(folders.dropFirst())
        }
        let file = csystem_memory_file()
        if file < 0 { report("no temporary file", errno) }
        return file
    }

    /// Logs an error with its reason, unless the same message was logged before.
    func report(_ what: String, _ code: Int32) {
        let sentence = "\(what): \(String(cString: strerror(code)))"
        if reported.insert(sentence).inserted { log.write(sentence) }
    }
}
