import CSystem
import Glibc

/// The folder that contains the executable of this process, and the files that a build puts next to it.
public enum ProgramFolder {
    /// The path of the folder; nil if it is not known. If /proc is not mounted, the path that started the program is
    /// used.
    public static var path: String? {
        let program = realpath("/proc/self/exe", nil) ?? csystem_executable().flatMap { realpath($0, nil) }
        guard let program else { return nil }
        defer { free(program) }
        return String(cString: program).cut(atLast: "/").map { $0.before.isEmpty ? "/" : String($0.before) }
    }

    /// Returns the content of a file in the folder; nil if it is missing or can't be read.
    public static func read(_ name: String) -> [UInt8]? {
        guard let path, let file = fopen("\(path)/\(name)", "re") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            content += chunk.prefix(count)
            if count < chunk.count { return ferror(file) == 0 ? content : nil }
        }
    }
}
