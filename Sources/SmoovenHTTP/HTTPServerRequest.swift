package import HTTPTypes

/// A complete request.
///
/// The target is in `head.path`: printable ASCII that includes the query, or `*` for the asterisk form. The host, from
/// the target or the `Host` field, is in `head.authority` and not among the header fields.
package struct HTTPServerRequest: Sendable {
  package var head: HTTPRequest
  package var body: [UInt8]

  /// The IP address of the client, without its port.
  package var remoteAddress: String?

  package init(head: HTTPRequest, body: [UInt8] = [], remoteAddress: String? = nil) {
    self.head = head
    self.body = body
    self.remoteAddress = remoteAddress
  }
}
