import Glibc
import HTTP

@testable import Base
@testable import Connectors
@testable import Upstream

// The readers to which Tests/fuzz gives inputs. Each takes any bytes; a value that it accepts must be what the bytes
// say. This file has the readers of providers' answers.

typealias Reader = @Sendable ([UInt8]) -> Void

/// libFuzzer calls this function with each input.
@_cdecl("LLVMFuzzerTestOneInput") public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    reader(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private let answerReaders: [String: Reader] = [
    "credential-report": reportsHoldTheirRoot, "dates": datesAreMoments, "json-lenient": lenientJSONIsSound,
    "json-strict": jsonIsReadBack, "link": linksCanBeFollowed, "urls": urlsAreReadBack, "waits": waitsAreFinite,
    "xml": xmlIsReadAgain,
]

private let reader: Reader = {
    let readers = [answerReaders, callReaders, requestReaders, fileReaders, exportWriters, pageReaders]
        .reduce([:]) { $0.merging($1) { $1 } }
    guard let name = getenv("THALIAN_FUZZ_READER").map({ String(cString: $0) }), let reader = readers[name] else {
        fatalError("THALIAN_FUZZ_READER names none of \(readers.keys.sorted())")
    }
    return reader
}()

/// Ends the process if the condition is false.
func expect(_ condition: Bool, _ rule: StaticString) {
    if !condition { fatalError("not so: \(rule)") }
}

// MARK: JSON

@Sendable private func jsonIsReadBack(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes) else { return }
    let written = JSONWriter.bytes(json)
    expect((try? JSON(parsing: written)).map { JSONWriter.bytes($0) == written } == true, "it is read back")
    expect((try? JSON(parsing: bytes, .lenient)) == json, "the lenient reader agrees")
}

@Sendable private func lenientJSONIsSound(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes, .lenient) else {
        return expect((try? JSON(parsing: bytes)) == nil, "it takes all that the strict reader takes")
    }
    let written = JSONWriter.bytes(json)
    expect((try? JSON(parsing: written)).map { JSONWriter.bytes($0) == written } == true, "what it reads is sound")
}

// MARK: Answers

@Sendable private func linksCanBeFollowed(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let field = try? LinkField(text) else { return }
    for link in field.links {
        expect(link.target.isEmpty || text.utf8.contains(link.target.utf8), "a target stands in the field")
        expect(link.relations.allSatisfy { $0 == $0.lowercased() }, "relations are in lower case")
        guard let target = URLReference(link.target, relativeTo: "/api/v4/groups?page=1")?.target else { continue }
        expect(UpstreamURL("https://a.example" + target)?.target == target, "a next page can be asked for")
        let path = target.prefix { $0 != "?" }
        expect(!path.split(separator: "/").contains("..") && !path.contains("/../"), "no path leads upwards")
    }
}

@Sendable private func xmlIsReadAgain(_ bytes: [UInt8]) {
    guard let element = try? XMLElement(parsing: bytes) else { return }
    expect((try? XMLElement(parsing: bytes + [0x20])) == element, "white space behind it changes nothing")
}

@Sendable private func reportsHoldTheirRoot(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let root = AWSRecords.root(inReport: text) else { return }
    expect(!root.externalID.isEmpty && text.utf8.contains(root.externalID.utf8), "the root's id stands in the report")
}

@Sendable private func datesAreMoments(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for moment in [Timestamp(provider: text), Timestamp(httpDate: text), Timestamp(text)] {
        expect(moment.map { Timestamp($0.description) != nil } ?? true, "a moment has a text")
    }
}

@Sendable private func urlsAreReadBack(_ bytes: [UInt8]) {
    guard let url = UpstreamURL(String(decoding: bytes, as: UTF8.self)) else { return }
    expect(UpstreamURL(url.description) == url, "it is read back")
    expect(UpstreamURL(url.appending("/\("é/x")", query: [("a", "&")]).description) != nil, "paths can be appended")
}

@Sendable private func waitsAreFinite(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let response = UpstreamResponse(
        status: 429, headers: ["Retry-After": text, "Date": text, "Reset": text], body: bytes)
    let policy = RetryPolicy()
    for seconds in [response.retryAfter, response.seconds(untilEpochIn: "Reset")] {
        let wait = policy.wait(seconds, before: 3)
        expect(wait >= policy.firstPause && wait <= Double(RetryPolicy.longestWait), "a wait has an end")
    }
}
