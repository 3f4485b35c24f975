import Base
import Function
import HTTP

/// GET /api/openapi.json: the description of all operations (OpenAPI 3.1). The build puts it into the file openapi.json
/// next to the executable, because it is made of the declarations of all executables, which this one does not contain.
@main struct OpenAPIFunction: Function {
    static let onRequestGet = Handler.anyone(
        "get_openapi", "Returns the description of all operations (OpenAPI 3.1).", returns: .json(.anyObject)
    ) { context in
        guard let document = ProgramFolder.read("openapi.json") else {
            context.log.write(
                .error, "openapi.json is missing next to the executable; make it with local-runner openapi")
            throw HTTPError.unavailable
        }
        return Response(
            status: 200, headers: ["Content-Type": "application/json"], body: .bytes(document))
    }
}
