/// A key or token that never prints.
///
/// Its descriptions, its mirror and its encoding-free shape keep it out of logs, errors and debuggers' dumps;
/// ``withBytes(_:)`` and ``exposedText`` are the only ways to read it.
public struct Secret: Sendable, ExpressibleByStringLiteral {
  private let bytes: [UInt8]
  /// A name to tell secrets apart while rotating; it is reported and logged, so it must not be secret itself.
  public let label: String?

  /// Makes a secret from the UTF-8 bytes of a text.
  public init(_ text: String, label: String? = nil) {
    self.bytes = Array(text.utf8)
    self.label = label
  }

  /// Makes a secret from a literal.
  ///
  /// Real keys come from the environment or a secret store, not from source code.
  public init(stringLiteral value: String) {
    self.init(value)
  }

  /// The length in bytes.
  public var count: Int { bytes.count }

  /// The text of the secret.
  ///
  /// The one use is to send it to the party that issued it.
  public var exposedText: String { String(decoding: bytes, as: UTF8.self) }

  /// Calls a closure with the bytes of the secret.
  public func withBytes<Result, Failure: Error>(
    _ body: ([UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// Why this cannot serve as a signing key, or `nil` when it can.
  ///
  /// With an empty key anybody can sign, and a key of a few characters can be guessed offline from one captured
  /// callback; white space or an invisible character around a key is a copying mistake that no signature would ever
  /// match.
  var weakness: String? {
    let scalars = exposedText.unicodeScalars
    if scalars.first.map(Self.isInvisible) == true || scalars.last.map(Self.isInvisible) == true {
      return "begins or ends with white space or an invisible character; copy it again without"
    }
    return Self.weakness(ofKeyWith: bytes.count)
  }

  static func weakness(ofKeyWith count: Int) -> String? {
    if count == 0 { return "is empty" }
    return count < minimumCount ? "has \(count) bytes; at least \(minimumCount) are needed" : nil
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
      || properties.generalCategory == .control
  }

  /// The fewest bytes that a signing key may have.
  public static let minimumCount = 8
}

extension Secret: Hashable {
  /// Compares without telling by its time how much is equal.
  ///
  /// Labels do not count.
  public static func == (left: Secret, right: Secret) -> Bool {
    ConstantTime.areEqual(left.bytes, right.bytes)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
  }
}

extension Secret: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<secret>" }
}
