/// An error in a provider's configuration, which says what the provider expects.
///
/// Safe to log.
public struct CallbackConfigurationError: Error, SafelyDescribed {
  /// The kind of mistake.
  ///
  /// The list is open: new codes may be added.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The code in snake case.
    public let rawValue: String

    /// Creates the code of a custom provider.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No secret was given.
    public static let noSecret = Code(rawValue: "no_secret")
    /// A secret is empty, too short to be safe, copied incorrectly, or can't be decoded.
    public static let unusableSecret = Code(rawValue: "unusable_secret")

    /// The code in snake case.
    public var description: String { rawValue }
  }

  /// The kind of mistake.
  public var code: Code
  /// A human-readable description of what's wrong and what is expected.
  public var message: String
  /// The underlying error, if any.
  ///
  /// It isn't part of the description, because it may contain details that must not be logged.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must not contain secrets.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
