/// A request to which no answer came.
public struct TransportError: Error, Sendable, CustomStringConvertible {
  /// Whether the server can have got the request.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String { case notSent, noResponse, withheld }

    private let wrapped: Wrapped

    /// Certainly not sent: no connection came about.
    public static let notSent = Code(wrapped: .notSent)
    /// Sent, wholly or in part, and the answer is missing.
    public static let noResponse = Code(wrapped: .noResponse)

    /// `willSend` threw, so the body wasn't sent. Its error is the cause.
    public static let withheld = Code(wrapped: .withheld)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// Whether the server can have got the request.
  public var code: Code
  /// What happened, for a person, without headers or bodies.
  public var message: String
  /// The error beneath, where there is one.
  public var cause: (any Error)?

  /// Makes an error.
  ///
  /// The message must hold nothing that is secret.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// Code and message in one line.
  public var description: String { "\(code): \(message)" }
}
