/// A provider that cannot be configured in this way, with what it expects.
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
    /// A secret is empty, too short to be safe, copied wrongly, or cannot be decoded.
    public static let unusableSecret = Code(rawValue: "unusable_secret")

    /// The code in snake case.
    public var description: String { rawValue }
  }

  /// The kind of mistake.
  public var code: Code
  /// What was wrong and what is expected, for a person.
  public var message: String
  /// The underlying error, if any.
  ///
  /// It is not part of the description, because it may say more than may be logged.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must hold nothing that is secret.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}
