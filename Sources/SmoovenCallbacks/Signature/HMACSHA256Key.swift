internal import Crypto

/// A key for HMAC-SHA256 (RFC 2104), prepared once so that each message pays only for its own bytes.
///
/// Its state can sign just as the secret can that it was created from, so neither is ever printed. It uses
/// swift-crypto's SHA-256 rather than its HMAC, which calls the hash through generics that cost as much as
/// the hash itself for a body the size of a callback. The tests compare the two.
public struct HMACSHA256Key: Sendable {
  // Each has consumed a block of the padded key.
  private let inner: SHA256
  private let outer: SHA256

  /// Creates a key from its raw bytes.
  ///
  /// The caller must check length and encoding.
  public init(bytes: [UInt8]) {
    var block = bytes.count > SHA256.blockByteCount ? Array(SHA256.hash(data: bytes)) : bytes
    block += Array(repeating: 0, count: SHA256.blockByteCount - block.count)
    var (inner, outer) = (SHA256(), SHA256())
    inner.update(data: block.map { $0 ^ 0x36 })
    outer.update(data: block.map { $0 ^ 0x5C })
    (self.inner, self.outer) = (inner, outer)
  }

  /// Returns the 32 bytes that authenticate the parts, treated as one message.
  public func signature(of parts: [[UInt8]]) -> [UInt8] {
    var message = inner
    for part in parts { message.update(data: part) }
    return code(message)
  }

  /// Returns whether any of the presented codes authenticates the parts, treated as one message.
  ///
  /// The comparison takes constant time.
  public func isAnyValid(_ codes: [[UInt8]], for parts: [[UInt8]]) -> Bool {
    let code = signature(of: parts)
    return codes.contains { ConstantTime.areEqual($0, code) }
  }

  /// Returns whether a presented code authenticates a message.
  ///
  /// The comparison takes constant time.
  func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
    var state = inner
    state.update(data: message)
    return ConstantTime.areEqual(code, self.code(state))
  }

  private func code(_ message: SHA256) -> [UInt8] {
    var outer = outer
    // The bytes are read only within the calls.
    unsafe message.finalize().withUnsafeBytes { unsafe outer.update(bufferPointer: $0) }
    return unsafe outer.finalize().withUnsafeBytes { unsafe Array($0) }
  }
}

extension HMACSHA256Key: SafelyDescribed {
  /// The text `<key>`.
  public var description: String { "<key>" }
}
