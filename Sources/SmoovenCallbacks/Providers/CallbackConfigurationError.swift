/// A provider that cannot be configured so, with what it expects.
///
/// Safe to log.
public struct CallbackConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was wrong and what is expected, for a person.
  public let message: String

  /// Makes an error.
  ///
  /// The message must hold nothing that is secret.
  public init(_ message: String) {
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
