import Archive
import Base
import Crypto

/// A layer of a container image: a compressed tar archive.
struct ImageLayer {
    /// The compressed archive.
    let bytes: [UInt8]
    /// The digest of the archive before compression (`diff_id`).
    let uncompressedDigest: String
    /// Describes the layer's content in the image's history.
    let purpose: String

    init(_ purpose: String, _ files: [ArchiveFile]) throws {
        self.purpose = purpose
        let tar = try files.tar()
        uncompressedDigest = "sha256:" + SHA256.hexadecimal(tar)
        bytes = Gzip.compress(tar)
    }
}

/// A folder with container images, in the form that the OCI Image Layout Specification 1.1 describes. A layer that
/// several images have is stored once. No container engine is needed to create the folder, and skopeo copies it to a
/// registry.
struct ImageLayout {
    /// An image: its tag in the layout, its layers and its settings.
    struct Image {
        let tag: String
        let layers: [ImageLayer]
        let entrypoint: [String]
        let environment: [(name: String, value: String)]
        let labels: [(name: String, value: String)]
    }

    /// The user and group of the processes. They are numbers, because Kubernetes can't tell if a name is root's.
    static let user = "65532:65532"
    static let port = 8080
    private static let media = "application/vnd.oci.image."

    let machine: Executable.Machine
    /// The time of creation that the images state.
    let created: Timestamp

    /// The time of creation that a package states: SOURCE_DATE_EPOCH (reproducible-builds.org), or else 1970, so that
    /// the package does not depend on the clock.
    static var epoch: Timestamp {
        get throws {
            guard let text = Environment.process["SOURCE_DATE_EPOCH"] else { return Timestamp(seconds: 0) }
            guard let seconds = Int(text), (0...253_402_300_799).contains(seconds) else {
                throw Failure("SOURCE_DATE_EPOCH must be a number of seconds since 1970")
            }
            return Timestamp(seconds: seconds)
        }
    }

    /// Writes the layout of `images` into `folder`. The caller has already searched the layers for secrets.
    func write(_ images: [Image], into folder: inout PackageFolder) throws {
        var written: Set<String> = []
        func blob(_ type: String, _ bytes: [UInt8]) throws -> [String: JSON] {
            let digest = SHA256.hexadecimal(bytes)
            if written.insert(digest).inserted {
                try folder.write("blobs/sha256/\(digest)", []) { _ in bytes }
            }
            return [
                "mediaType": .string(Self.media + type), "digest": .string("sha256:" + digest),
                "size": .integer(bytes.count),
            ]
        }
        var manifests: [JSON] = []
        for image in images {
            let layers = try image.layers.map { JSON.object(try blob("layer.v1.tar+gzip", $0.bytes)) }
            let settings = JSONWriter.bytes(configuration(image))
            try folder.check("the configuration of the image \(image.tag)", settings)
            let configuration = JSON.object(try blob("config.v1+json", settings))
            let manifest: JSON = [
                "schemaVersion": 2, "mediaType": .string(Self.media + "manifest.v1+json"), "config": configuration,
                "layers": .array(layers),
            ]
            var entry = try blob("manifest.v1+json", JSONWriter.bytes(manifest))
            entry["platform"] = ["os": "linux", "architecture": .string(machine.inImages)]
            entry["annotations"] = ["org.opencontainers.image.ref.name": .string(image.tag)]
            manifests.append(.object(entry))
        }
        let index: JSON = [
            "schemaVersion": 2, "mediaType": .string(Self.media + "index.v1+json"), "manifests": .array(manifests),
        ]
        let layout: JSON = ["imageLayoutVersion": "1.0.0"]
        try folder.write(ArchiveFile("index.json", JSONWriter.bytes(index)))
        try folder.write(ArchiveFile("oci-layout", JSONWriter.bytes(layout)))
    }

    private func configuration(_ image: Image) -> JSON {
        let time = JSON.string(created.description)
        let labels = Dictionary(image.labels.map { ($0.name, JSON.string($0.value)) }) { $1 }
        return [
            "created": time, "os": "linux", "architecture": .string(machine.inImages),
            "config": [
                "User": .string(Self.user), "ExposedPorts": ["\(Self.port)/tcp": [:]],
                "Env": .array(image.environment.map { .string("\($0.name)=\($0.value)") }),
                "Entrypoint": .array(image.entrypoint.map { .string($0) }), "WorkingDir": "/",
                "StopSignal": "SIGTERM", "Labels": .object(labels),
            ],
            "rootfs": ["type": "layers", "diff_ids": .array(image.layers.map { .string($0.uncompressedDigest) })],
            "history": .array(
                image.layers.map { ["created": time, "created_by": .string($0.purpose)] }),
        ]
    }
}
