/// A verified request whose body is not an event.
///
/// Safe to log: it names fields, never values.
public struct CallbackDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was wrong, for a person.
  public let message: String

  /// Makes an error.
  ///
  /// The message must hold no part of the body.
  public init(_ message: String) {
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
