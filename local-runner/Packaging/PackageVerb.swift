import Base
import Glibc

/// A kind of place where the functions run in production.
enum PackageTarget: String, CaseIterable {
    case lambda, oci, systemd, cgi, openfaas

    /// Writes the package's files into `folder`. Returns the instructions for deploying them.
    fileprivate func write(_ source: PackageSource, _ arguments: Arguments, into folder: inout PackageFolder) throws
        -> String
    {
        switch self {
        case .lambda: try LambdaPackage(source, arguments).write(into: &folder)
        case .oci: try ImagePackage(source, arguments).write(into: &folder)
        case .systemd: try SystemdPackage(source, arguments).write(into: &folder)
        case .cgi: try WebServerPackage(source, arguments).write(into: &folder)
        case .openfaas: try OpenFaaSPackage(source, arguments).write(into: &folder)
        }
    }
}

extension Verb {
    static let package = Verb(
        "package", "Makes a package of the functions for a platform.",
        details: """
            The package is a folder with the executables of this program's own folder, without their symbols, and the
            files that the platform wants. It contains no secrets. Equal executables and an equal configuration give an
            equal package, byte for byte. SHA256SUMS lists its files. A package in the same place is replaced.
            """,
        options: [
            Option(
                "--target", "TARGET",
                "the platform: \(PackageTarget.allCases.map(\.rawValue).joined(separator: ", "))",
                words: PackageTarget.allCases.map(\.rawValue), isRequired: true),
            Option("--out", "DIR", "the folder to be made", isRequired: true),
            Option("--function", "NAME", "package this function alone"),
            Option(
                "--architecture", "NAME", "refuse executables for another processor",
                words: Executable.Machine.allCases.map(\.rawValue)),
            Option("--var", "NAME=VALUE", "the value of a variable for the target; may be given several times"),
            Option("--without", "SECRET", "lambda: leave an optional secret out; may be given several times"),
            Option("--ca-bundle", "FILE", "oci, openfaas: the certificate authorities; default: this machine's"),
            Option("--image", "PREFIX", "openfaas: the registry and its folder; default: registry.example.com/NAME"),
            Option("--prefix", "DIR", "systemd, cgi: where the files will be installed; default: /opt/NAME"),
            Option("--config", "FILE", "the configuration file; default: wrangler-like.json in this folder or above"),
            Option("--env", "NAME", "the environment, an entry of \"env\" in the configuration"),
        ]
    ) { arguments in
        let target = try arguments.required("--target", as: PackageTarget.self)
        let out = try arguments.required("--out")
        let source = try PackageSource(arguments)
        var folder = try PackageFolder(File.absolute(out), secrets: source.known)
        do {
            let next = try target.write(source, arguments, into: &folder)
            try folder.write(source.componentsArchiveFile)
            try folder.write(source.openAPIArchiveFile)
            try Terminal.say(table: try folder.finish())
            try Terminal.say()
            try Terminal.say(next)
            return 0
        } catch {
            folder.discard()
            throw error
        }
    }
}
