/// The secret name of one wait, which is 128 random bits in its callback URL.
///
/// Anyone who knows the token can address the wait (but can settle it only with a signature), so its description hides
/// it.
public struct DeliveryToken: Sendable, Hashable {
  /// The number of digits in its text.
  package static let length = 32

  private let high: UInt64
  private let low: UInt64

  /// Creates a new token from the system's secure random numbers.
  public init() {
    var generator = SystemRandomNumberGenerator()
    self.high = generator.next()
    self.low = generator.next()
  }

  /// Reads a token from 32 lowercase hexadecimal digits, or returns `nil` for any other text.
  public init?(_ text: some StringProtocol) {
    var words: (UInt64, UInt64) = (0, 0)
    var count = 0
    for byte in text.utf8 {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      default: return nil
      }
      guard count < 32 else { return nil }
      if count < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
      count += 1
    }
    guard count == 32 else { return nil }
    (high, low) = words
  }

  /// The 32 hexadecimal digits that appear in the callback URL.
  public var text: String {
    Self.digits(high) + Self.digits(low)
  }

  private static func digits(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension DeliveryToken: Codable {
  /// Encodes the token's text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// Decodes a token from its text.
  ///
  /// - Throws: `DecodingError` if the text isn't a token.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let token = DeliveryToken(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "a token is 32 hexadecimal digits"
      )
    }
    self = token
  }
}

extension DeliveryToken: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<token>" }
}
