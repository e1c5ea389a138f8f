/// An error in bytes that aren't a single JSON text.
///
/// Safe to log, because it contains none of the input.
public struct JSONParsingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of mistake.
  ///
  /// The list is open: new codes may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String {
      case syntax, encoding, tooDeep = "too_deep"
    }

    private let wrapped: Wrapped

    private init(_ wrapped: Wrapped) { self.wrapped = wrapped }

    /// The bytes break a rule of the grammar.
    public static let syntax = Code(.syntax)
    /// A string isn't UTF-8.
    public static let encoding = Code(.encoding)
    /// Arrays and objects are nested more than ``JSONValue/maximumDepth`` levels deep.
    public static let tooDeep = Code(.tooDeep)

    /// The code in snake case.
    public var description: String { wrapped.rawValue }
  }

  /// The kind of mistake.
  public let code: Code
  /// A human-readable description of the first mistake.
  public let message: String
  /// The offset of the mistake, in bytes from the start.
  public let offset: Int

  init(_ code: Code, _ message: String, offset: Int) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  /// One line for a log: the message and the offset.
  public var description: String { "not valid JSON: \(message) at byte \(offset)" }
}
