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
  /// callback; white space around a key is a copying mistake that no signature would ever match.
  var weakness: String? {
    if bytes.isEmpty { return "is empty" }
    if bytes.count < Self.minimumCount {
      return "has \(bytes.count) bytes; at least \(Self.minimumCount) are needed"
    }
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    if bytes.first.map(isSpace) == true || bytes.last.map(isSpace) == true {
      return "begins or ends with white space; copy it again without"
    }
    return nil
  }

  /// The fewest bytes that a signing key may have.
  public static let minimumCount = 8
}

extension Secret: Hashable {
  /// Compares without telling by its time how much is equal.
  ///
  /// Labels do not count.
  public static func == (left: Secret, right: Secret) -> Bool {
    guard left.bytes.count == right.bytes.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left.bytes, right.bytes) { difference |= a ^ b }
    return difference == 0
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
