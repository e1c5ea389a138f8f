package import HTTPTypes

/// One whole response.
///
/// The server writes `Content-Length` and `Connection` itself. A handler that sets `Connection: close` has the
/// connection closed after the response.
package struct HTTPServerResponse: Sendable {
  package var head: HTTPResponse
  package var body: [UInt8]

  package init(head: HTTPResponse, body: [UInt8] = []) {
    self.head = head
    self.body = body
  }

  package init(status: HTTPResponse.Status, headerFields: HTTPFields = [:], body: [UInt8] = []) {
    self.init(head: HTTPResponse(status: status, headerFields: headerFields), body: body)
  }
}
