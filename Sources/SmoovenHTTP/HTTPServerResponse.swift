package import HTTPTypes

/// A complete response.
///
/// The server writes `Content-Length` and `Connection` itself. If a handler sets `Connection: close`, the connection
/// is closed after the response.
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
