import Archive
import Base

/// The layers of the product's images: the fixed files of the root, the local runner, the configuration, and each
/// function.
struct ImageParts {
    /// The folder of the executables in an image.
    static let folder = "app"
    private static let authorities = "etc/ssl/certs/ca-certificates.crt"

    private let source: PackageSource
    private let authorities: [UInt8]

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        let file = try arguments["--ca-bundle"] ?? CertificateAuthorities.file(Environment([:]))
        authorities = try File.read(file)
        guard String(decoding: authorities, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
            throw Failure("\(file) holds no certificate in PEM; name a bundle of authorities with --ca-bundle FILE")
        }
    }

    /// Returns the layers that all images have. Programs do not need the file etc/passwd, but it tells people which
    /// user the number of the processes is.
    func base(_ folder: PackageFolder) throws -> [ImageLayer] {
        let user = "\(source.name):x:65532:65532:\(source.name):/:/sbin/nologin\n"
        let root = [
            ArchiveFile(folder: "tmp", mode: 0o1777), ArchiveFile(folder: "etc"), ArchiveFile(folder: "etc/ssl"),
            ArchiveFile(folder: "etc/ssl/certs"), ArchiveFile(Self.authorities, authorities),
            ArchiveFile("etc/passwd", Array(("root:x:0:0:root:/:/sbin/nologin\n" + user).utf8)),
            ArchiveFile("etc/group", Array("root:x:0:\n\(source.name):x:65532:\n".utf8)),
        ]
        let runner = [
            ArchiveFile(folder: Self.folder),
            ArchiveFile("\(Self.folder)/local-runner", mode: 0o755, source.runner),
        ]
        let settings = [
            ArchiveFile("\(Self.folder)/\(Configuration.fileName)", source.configurationFile),
            ArchiveFile("\(Self.folder)/\(PackageSource.componentsFile)", source.components),
            ArchiveFile("\(Self.folder)/\(OpenAPIDocument.fileName)", source.openAPI),
        ]
        return [
            try layer("certificate authorities, users, /tmp", root, folder), try layer("local-runner", runner, folder),
            try layer("configuration", settings, folder),
        ]
    }

    /// Returns the layer with a function's executable.
    func function(_ name: String, _ folder: PackageFolder) throws -> ImageLayer {
        let file = ArchiveFile("\(Self.folder)/\(name)", mode: 0o755, try source.executable(name))
        return try layer(name, [file], folder)
    }

    private func layer(_ purpose: String, _ files: [ArchiveFile], _ folder: PackageFolder) throws -> ImageLayer {
        for file in files { try folder.check(file.path, file.content ?? []) }
        return try ImageLayer(purpose, files)
    }

    /// Describes an image of these layers.
    ///
    /// - Parameter words: The words of the image's command line after `local-runner serve` and --env.
    func image(
        _ tag: String, _ layers: [ImageLayer], _ words: [String]
    ) -> ImageLayout.Image {
        let environment = source.environment.map { ["--env", $0] } ?? []
        let fixed = [
            (name: "HOST", value: "0.0.0.0"), (name: "PORT", value: String(ImageLayout.port)),
            (name: "LOCAL_RUNNER_CONFIG", value: "/\(Self.folder)/\(Configuration.fileName)"),
        ]
        return ImageLayout.Image(
            tag: tag, layers: layers, entrypoint: ["/\(Self.folder)/local-runner", "serve"] + environment + words,
            environment: fixed + source.given,
            labels: [(name: "org.opencontainers.image.title", value: "\(source.name) \(tag)")])
    }
}

/// A package for hosts of containers: an image that serves all functions, or a single one, on the port in PORT.
struct ImagePackage {
    private static let tag = "latest"

    private let source: PackageSource
    private let parts: ImageParts

    init(_ source: PackageSource, _ arguments: Arguments) throws {
        self.source = source
        parts = try ImageParts(source, arguments)
    }

    /// Writes the layout of one image. Returns the instructions for deploying it.
    func write(into folder: inout PackageFolder) throws -> String {
        // The configuration in the image has the values, and `serve` would refuse a URL of this machine.
        for function in source.functions { _ = try source.variables(of: function) }
        var layers = try parts.base(folder)
        for function in source.functions { layers.append(try parts.function(function.function, folder)) }
        let words = source.isSingle ? source.functions.flatMap { ["--function", $0.function] } : []
        try ImageLayout(machine: source.machine, created: try ImageLayout.epoch).write(
            [parts.image(Self.tag, layers, words)], into: &folder)
        return """
            Next, with DIR for that folder:
              skopeo copy oci:DIR:\(Self.tag) docker://registry.example.com/\(source.name):1
            The container needs these secrets, as variables or as NAME_FILE: \
            \(source.neededSecrets.joined(separator: ", "))
            """
    }
}
