/// Bytes that are not one JSON text.
public struct JSONParsingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What did not fit, without any of the input.
  public let reason: String
  /// Where it did not fit, in bytes from the start.
  public let offset: Int

  /// One line for a log: the reason and the offset, never the input.
  public var description: String { "not valid JSON: \(reason) at byte \(offset)" }
}
