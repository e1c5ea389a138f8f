import HTTPTypes
import Smooven

/// A transport around another one, to add a header to every request.
struct TaggingTransport: ClientTransport {
  let base: any ClientTransport
  let tag: HTTPField

  func send(
    _ request: HTTPRequest,
    body: [UInt8],
    timeout: Duration
  ) async throws -> TransportResponse {
    var request = request
    request.headerFields.append(tag)
    // What the base throws goes through unchanged: it says whether anything was sent.
    return try await base.send(request, body: body, timeout: timeout)
  }

  func shutdown() async {
    await base.shutdown()
  }
}
