import Base
import CSystem
import Glibc

/// The executable of a function, with the arguments and environment of its processes.
final class FunctionProgram {
    let function: FunctionConfiguration
    private let path: String
    private let environment: [String]

    init(_ function: FunctionConfiguration, functionsDirectory: String) {
        self.function = function
        path = "\(functionsDirectory)/\(function.function)"
        let seconds = max(1, (function.limits.timeoutMilliseconds + 999) / 1_000)
        environment =
            function.environment.map { binding in binding.value.reveal { "\(binding.name)=\($0)" } }
            + ["FUNCTION_NAME=\(function.function)", "FUNCTION_CPU_SECONDS=\(seconds)"]
    }

    /// Starts a process with `descriptors` as its descriptors 0, 1, 2 and so on (-1 means /dev/null). Returns its
    /// process id, or the negated errno.
    func start(descriptors: [Int32], variables: [String] = []) -> pid_t {
        let texts = [path, function.function] + environment + variables
        let pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        let program = pointers[0]
        // The arguments and the environment each end with a null pointer.
        let vectors = [pointers[1], nil] + pointers.dropFirst(2) + [nil]
        return vectors.withUnsafeBufferPointer { vectors in
            descriptors.withUnsafeBufferPointer { descriptors in
                guard let base = vectors.baseAddress else { return -EINVAL }
                var how = csystem_spawn()
                how.path = UnsafePointer(program)
                how.arguments = base
                how.environment = base + 2
                how.descriptors = descriptors.baseAddress
                how.descriptor_count = Int32(clamping: descriptors.count)
                how.memory_bytes = UInt64(clamping: function.limits.memoryMegabytes) << 20
                return csystem_spawn(&how)
            }
        }
    }
}
