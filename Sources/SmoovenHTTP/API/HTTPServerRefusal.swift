/// Why a server answered a request, or turned away a connection, without asking its handler.
///
/// The raw value is the name that metrics give it.
package enum HTTPServerRefusal: String, Sendable, CaseIterable {
  /// It is not HTTP/1.x, or two servers might read it differently: 400.
  case malformed
  /// It was not whole in time: 408.
  case tooSlow = "too_slow"
  /// Its body is too large: 413.
  case bodyTooLarge = "body_too_large"
  /// Its request line and header fields are too large: 431.
  case headersTooLarge = "headers_too_large"
  /// Too many connections are open: 503, or no answer at all.
  case tooManyConnections = "too_many_connections"
  /// Too many connections of the same address are open: 503, or no answer at all.
  case tooManyConnectionsOfAddress = "too_many_connections_of_address"
  /// Too many asynchronous replies are under way: 503.
  case tooManyRequests = "too_many_requests"
}
