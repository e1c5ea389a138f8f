/// An error in a verified request whose body isn't an event.
///
/// Safe to log, because it names fields and never values.
public struct CallbackDecodingError: Error, SafelyDescribed {
  /// The kind of mistake.
  ///
  /// The list is open: new codes may be added.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The code in snake case.
    public let rawValue: String

    /// Creates the code of a custom provider.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The body isn't JSON, or isn't a JSON object.
    public static let notAnObject = Code(rawValue: "not_an_object")
    /// A required field is missing, empty or of another type.
    public static let fieldMissing = Code(rawValue: "field_missing")
    /// A field has the right type, but its value can't be read.
    public static let fieldMalformed = Code(rawValue: "field_malformed")

    /// The code in snake case.
    public var description: String { rawValue }
  }

  /// The kind of mistake.
  public var code: Code
  /// A human-readable description of what's wrong.
  public var message: String
  /// The underlying error, if any.
  ///
  /// It isn't part of the description, because it may contain details that must not be logged.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must not contain any part of the body.
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
