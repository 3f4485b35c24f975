import Base
import HTTP

/// Serves one request from OpenFaaS's classic watchdog: the request comes in environment variables and on standard
/// input, and the response's body goes to standard output. The watchdog writes the status and the header fields itself;
/// a function can't set them.
struct Watchdog<S: Service> {
    private let service: S
    private let environment: Environment

    init(_ service: S, _ environment: Environment) {
        self.service = service
        self.environment = environment
    }

    func run() -> Int32 {
        Process.limitCPU(environment)
        var headers = Headers()
        environment.forEach(prefix: "Http_") { name, value in
            switch name {
            case "Method", "Path", "Query", "ContentLength", "Content_Length": break
            default: headers.add(String(name.map { $0 == "_" ? "-" : $0 }), StreamSafeText.read(value))
            }
        }
        do {
            let limit = service.maximumBodyLength
            let body = try Descriptor.standardInput.readAll(limit: limit)
            let response = service.respond(
                to: Request(
                    method: Method(rawValue: environment["Http_Method"] ?? ""),
                    path: environment["Http_Path"] ?? "/", queryString: environment["Http_Query"] ?? "",
                    headers: headers, body: body.count > limit ? .tooLarge : .bytes(body)))
            switch response.body {
            case .bytes(let bytes): try Descriptor.standardOutput.write(bytes)
            case .stream(let body): try body { try Descriptor.standardOutput.write($0) }
            }
            Descriptor.standardOutput.finish()
            response.background.forEach { $0() }
            return 0
        } catch {
            return 1
        }
    }
}
