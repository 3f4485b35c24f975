import Archive
import Base

/// A package for OpenFaaS: an image for each function that HTTP reaches, with the local runner as its server, and a
/// stack file.
struct OpenFaaSPackage {
    /// The length of the longest allowed name of a function, which is a DNS label.
    private static let longestName = 63
    private static let secretsFolder = "/var/openfaas/secrets"

    private let source: PackageSource
    private let parts: ImageParts
    /// The registry and the folder in it.
    private let registry: String

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        parts = try ImageParts(source, arguments)
        registry = arguments["--image"] ?? "registry.example.com/\(source.name)"
    }

    /// Writes the images and the stack file. Returns the instructions for deploying them.
    func write(into folder: inout PackageFolder) throws -> String {
        // A function without methods is run by a schedule, and HTTP does not reach it.
        let functions = source.functions.filter { !$0.methods.isEmpty }
        guard !functions.isEmpty else {
            throw Failure("OpenFaaS calls functions by HTTP, and none of the chosen functions has a route")
        }
        let base = try parts.base(folder)
        var images: [ImageLayout.Image] = []
        for function in functions {
            let layers = base + [try parts.function(function.function, folder)]
            images.append(parts.image(function.function, layers, ["--function", function.function]))
        }
        try ImageLayout(machine: source.machine, created: try ImageLayout.epoch).write(images, into: &folder)
        let stack = try stack(functions)
        try folder.write(ArchiveFile("stack.yaml", Array(stack.document.utf8)))
        return """
            Next, with DIR for that folder:
              for f in \(functions.map(\.function).joined(separator: " ")); do \
            skopeo copy oci:DIR:$f docker://\(registry)/$f:latest; done
              faas-cli secret create NAME --from-file=FILE, for each of the secrets in stack.yaml
              faas-cli deploy --yaml stack.yaml
            """
    }

    private func stack(_ functions: [FunctionConfiguration]) throws -> YAML {
        [
            "version": "1.0", "provider": ["name": "openfaas", "gateway": "http://127.0.0.1:8080"],
            "functions": .map(try functions.map { ($0.function, try entry($0)) }),
        ]
    }

    private func entry(_ function: FunctionConfiguration) throws -> YAML {
        guard function.function.utf8.count <= Self.longestName else {
            throw Failure(
                "\(function.function) is too long for OpenFaaS, whose names have at most \(Self.longestName) bytes")
        }
        let secrets = secrets(of: function)
        let seconds = (function.limits.timeoutMilliseconds + 999) / 1_000
        let timeout = YAML.text("\(seconds + 5)s")
        let files = secrets.map { secret in
            (secret + Environment.fileSuffix, YAML.text("\(Self.secretsFolder)/\(Self.name(of: secret))"))
        }
        let variables = try source.variables(of: function).map { ($0.name, YAML.text($0.value)) }
        return [
            "lang": "dockerfile", "skip_build": true, "image": .text("\(registry)/\(function.function):latest"),
            "environment": .map(
                [("read_timeout", timeout), ("write_timeout", timeout), ("exec_timeout", timeout)] + variables + files),
            "secrets": .list(secrets.map { .text(Self.name(of: $0)) }), "readonly_root_filesystem": true,
            "limits": ["memory": .text("\(memory(function))Mi")], "requests": ["memory": "64Mi"],
        ]
    }

    /// Returns the secrets of a function, and the secrets that the local runner requires in any case.
    private func secrets(of function: FunctionConfiguration) -> [String] {
        source.required.union(source.secrets(of: function)).sorted()
    }

    /// Returns the memory of a container in MiB: 64 for the local runner, and the limit of one process of the function.
    private func memory(_ function: FunctionConfiguration) -> Int { 64 + function.limits.memoryMegabytes }

    /// Returns the name of a secret in OpenFaaS. Kubernetes allows only lower-case letters, digits and dashes in it.
    private static func name(of secret: String) -> String { secret.lowercased().replacing("_", with: "-") }
}
