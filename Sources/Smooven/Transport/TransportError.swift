/// A failure to get a response to a request.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  /// How far the request got.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String { case notSent, noResponse, withheld, overloaded }

    private let wrapped: Wrapped

    /// Certainly not sent: no connection was established.
    public static let notSent = Code(wrapped: .notSent)
    /// Certainly not sent: too many requests are in flight.
    public static let overloaded = Code(wrapped: .overloaded)
    /// Certainly not sent: ``TransportRequest/willSend`` threw, and its error is the cause.
    public static let withheld = Code(wrapped: .withheld)
    /// Sent, wholly or in part, and the response is missing.
    public static let noResponse = Code(wrapped: .noResponse)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// How far the request got.
  public var code: Code
  /// The reason, for a person, without headers or bodies.
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

  /// Code and message in one line.
  public var description: String { "\(code): \(message)" }
}
