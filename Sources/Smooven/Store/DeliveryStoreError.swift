/// An error of a store that couldn't do what was asked.
///
/// Safe to log, because it contains no key, token or body.
public struct DeliveryStoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  ///
  /// The list is open.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String { case full, unavailable }

    private let wrapped: Wrapped

    /// There's no room until something expires.
    public static let full = Code(wrapped: .full)
    /// The medium doesn't respond, or doesn't respond as it should.
    public static let unavailable = Code(wrapped: .unavailable)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// The kind of failure.
  public var code: Code
  /// A human-readable description of what's wrong and what to do.
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
