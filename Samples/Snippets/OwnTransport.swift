import HTTPTypes
import Smooven

/// A transport around another one, to add a header to every request.
struct TaggingTransport: SmoovenTransport {
  let base: any SmoovenTransport
  let tag: HTTPField

  func send(_ request: TransportRequest) async throws -> TransportResponse {
    var request = request
    request.head.headerFields.append(tag)
    // An error of the base is rethrown unchanged, because it says whether anything was sent.
    return try await base.send(request)
  }

  func shutdown() async {
    await base.shutdown()
  }
}

/// A transport without a network that accepts every notification.
struct AcceptingTransport: SmoovenTransport {
  func send(_ request: TransportRequest) async throws -> TransportResponse {
    try await request.willSend?()
    let body = #"{"success": true, "notification_id": "ntf_1", "status": "queued"}"#
    return TransportResponse(head: HTTPResponse(status: .ok), body: Array(body.utf8))
  }
}
