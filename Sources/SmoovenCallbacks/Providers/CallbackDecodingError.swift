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

  static func missing(_ field: String) -> CallbackDecodingError {
    CallbackDecodingError("the field \(field) is missing, empty or not a string")
  }

  /// The message.
  public var description: String { message }
}
