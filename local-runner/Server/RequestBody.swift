import CSystem
import Glibc
import HTTP

/// The body of a request, kept until it is complete: up to 64 KiB in memory, a longer one in a file without a name.
final class RequestBody {
    static let maximumInMemory = 64 << 10

    /// The number of bytes received.
    private(set) var count = 0
    /// The number of bytes that a function has taken.
    private(set) var taken = 0

    /// The resources that the client's address uses.
    let account: Budget.Account
    var isInFile: Bool { file >= 0 }

    private let store: BodyStore
    private var memory: [UInt8] = []
    private var file: Int32 = -1

    /// Creates an empty body, whose resources count for the client's account.
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

    /// Appends the next part. Throws `overloaded` if clients use too much already, or no file can be written.
    func append(_ part: UnsafeRawBufferPointer) throws(RunnerError) {
        guard !part.isEmpty else { return }
        if file < 0, count + part.count > Self.maximumInMemory { try spill() }
        if file < 0, !store.budget.take(.memory, account, part.count) { try spill() }
        if file >= 0, !take(.stored, part.count) { throw .overloaded }
        count += part.count
        if file < 0 { memory.append(contentsOf: part) } else { try write(part) }
    }

    /// Passes the next bytes to `use`, at most `limit` of them. Returns false at the end of the body, or if its file
    /// can't be read.
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
        // Only a failing disk leads here. The function then gets fewer bytes than Content-Length says.
        guard read > 0 else {
            store.report("reading a request's body", errno)
            taken = count
            return false
        }
        use(UnsafeRawBufferPointer(rebasing: scratch.prefix(read)))
        taken += read
        return true
    }

    /// Takes `amount` of a resource, from slower uploads if necessary. Returns false if that is not possible.
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

/// The limits for request bodies, and the files of those that are too large for memory.
final class BodyStore {
    let budget: Budget
    /// A buffer for reading files.
    let scratch: UnsafeMutableRawBufferPointer
    /// Closes slower connections to free `amount` of a resource for a body. Returns false if there were none.
    var makeRoom: (Budget.Resource, _ amount: Int, RequestBody) -> Bool = { _, _, _ in false }

    private let log: RunnerLog
    /// The folders in which files may be created. The first one is used until it fails.
    private var folders: [String]
    private var reported: Set<String> = []

    init(budget: Budget, folders: [String], scratch: UnsafeMutableRawBufferPointer, log: RunnerLog) {
        self.budget = budget
        self.folders = folders
        self.scratch = scratch
        self.log = log
    }

    /// Creates a file without a name, in memory if no folder is writable. Returns -1 if that fails.
    func makeFile() -> Int32 {
        while let folder = folders.first {
            let file = csystem_unnamed_file(folder)
            if file >= 0 { return file }
            // These errors, such as EMFILE, say nothing about the folder.
            if errno == EMFILE || errno == ENFILE || errno == ENOMEM { break }
            report("no temporary file in \(folder)", errno)
            folders = Array(folders.dropFirst())
        }
        let file = csystem_memory_file()
        if file < 0 { report("no temporary file", errno) }
        return file
    }

    /// Logs an error with its reason, once for each message.
    func report(_ what: String, _ code: Int32) {
        let sentence = "\(what): \(String(cString: strerror(code)))"
        if reported.insert(sentence).inserted { log.write(sentence) }
    }
}
