/// A store that couldn't do what it was asked.
///
/// Safe to log: it holds no key, token or body.
public struct DeliveryStoreError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String { case full, unavailable }

    private let wrapped: Wrapped

    /// No room until something expires.
    public static let full = Code(wrapped: .full)
    /// The medium doesn't respond, or not as it should.
    public static let unavailable = Code(wrapped: .unavailable)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// What kind of failure it is.
  public var code: Code
  /// What was wrong and what to do, for a person.
  public var message: String
  /// The underlying error, if any.
  public var cause: (any Error)?

  /// Creates an error.
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
