/// A key or token that is never printed.
///
/// Its descriptions and its mirror keep it out of logs, errors and debuggers' dumps. ``withBytes(_:)`` and
/// ``exposedText`` are the only ways to read it.
public struct Secret: Sendable, ExpressibleByStringLiteral {
  private let bytes: [UInt8]
  /// A name that distinguishes secrets while they are rotated.
  ///
  /// The label is reported and logged, so it must not be secret itself.
  public let label: String?

  /// Creates a secret from the UTF-8 bytes of a text.
  public init(_ text: String, label: String? = nil) {
    self.bytes = Array(text.utf8)
    self.label = label
  }

  /// Creates a secret from a literal.
  ///
  /// Real keys come from the environment or a secret store, not from source code.
  public init(stringLiteral value: String) {
    self.init(value)
  }

  /// The length in bytes.
  public var count: Int { bytes.count }

  /// The text of the secret.
  ///
  /// Its only use is to send it to the party that issued it.
  public var exposedText: String { String(decoding: bytes, as: UTF8.self) }

  /// Calls a closure with the bytes of the secret.
  public func withBytes<Result, Failure: Error>(
    _ body: ([UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// The minimum number of bytes in a signing key.
  public static let minimumCount = 8
}

extension Secret: Hashable {
  /// Returns whether two secrets have the same bytes, in constant time.
  ///
  /// Labels aren't compared.
  public static func == (left: Secret, right: Secret) -> Bool {
    ConstantTime.areEqual(left.bytes, right.bytes)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
  }
}

extension Secret: SafelyDescribed {
  /// The text `<secret>`.
  public var description: String { "<secret>" }
}
