internal import Crypto

/// A key for HMAC-SHA256, prepared once so that each message pays only for its own bytes.
///
/// Its state can sign as well as the secret that it was made from, so it never prints either.
public struct HMACSHA256Key: Sendable {
  private let prepared: HMAC<SHA256>

  /// Prepares a key from its raw bytes.
  ///
  /// Length and encoding are the caller's to check.
  public init(bytes: [UInt8]) {
    self.prepared = HMAC<SHA256>(key: SymmetricKey(data: bytes))
  }

  /// The 32 bytes that authenticate the parts, taken as one message.
  public func signature(of parts: [[UInt8]]) -> [UInt8] {
    var message = prepared
    for part in parts { message.update(data: part) }
    return Array(message.finalize())
  }

  /// Whether any of the presented codes authenticates the parts, taken as one message.
  ///
  /// Compares in constant time.
  public func isAnyValid(_ codes: [[UInt8]], for parts: [[UInt8]]) -> Bool {
    let code = signature(of: parts)
    return codes.contains { ConstantTime.areEqual($0, code) }
  }

  /// Whether a presented code authenticates a message.
  ///
  /// Compares in constant time.
  func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
    var state = prepared
    state.update(data: message)
    return ConstantTime.areEqual(code, Array(state.finalize()))
  }
}

extension HMACSHA256Key: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<key>" }
}
