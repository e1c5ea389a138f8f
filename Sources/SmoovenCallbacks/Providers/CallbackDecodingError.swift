/// A verified request whose body is not an event.
///
/// Safe to log: it names fields, never values.
public struct CallbackDecodingError: Error, SafelyDescribed {
  /// The kind of mistake.
  ///
  /// The list is open: new codes may be added.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The code in snake case.
    public let rawValue: String

    /// Creates the code of a custom provider.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The body is not JSON, or not a JSON object.
    public static let notAnObject = Code(rawValue: "not_an_object")
    /// A required field is missing, empty or of another type.
    public static let fieldMissing = Code(rawValue: "field_missing")
    /// A field has the right type and a value that cannot be read.
    public static let fieldMalformed = Code(rawValue: "field_malformed")

    /// The code in snake case.
    public var description: String { rawValue }
  }

  /// The kind of mistake.
  public var code: Code
  /// What was wrong, for a person.
  public var message: String
  /// The underlying error, if any.
  ///
  /// It is not part of the description, because it may say more than may be logged.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must hold no part of the body.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  static func missing(_ field: String) -> CallbackDecodingError {
    CallbackDecodingError(.fieldMissing, "the field \(field) is missing, empty or not a string")
  }

  /// The message.
  public var description: String { message }
}
