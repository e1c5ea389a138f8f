/// A failure to get a response to a request.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  /// A stage that the request had reached when it failed.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String { case notSent, noResponse, withheld, overloaded }

    private let wrapped: Wrapped

    /// The request certainly wasn't sent, because no connection was established.
    public static let notSent = Code(wrapped: .notSent)
    /// The request certainly wasn't sent, because too many requests are in flight.
    public static let overloaded = Code(wrapped: .overloaded)
    /// The request certainly wasn't sent, because ``TransportRequest/willSend`` threw, and its error is the cause.
    public static let withheld = Code(wrapped: .withheld)
    /// The request was sent, wholly or in part, and the response is missing.
    public static let noResponse = Code(wrapped: .noResponse)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// The stage that the request had reached when it failed.
  public var code: Code
  /// A human-readable reason, without headers or bodies.
  public var message: String
  /// The underlying error, if any.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must not contain secrets.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The code and the message in one line.
  public var description: String { "\(code): \(message)" }
}
