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
    // The bytes are copied within the call.
    unsafe code(of: parts).withUnsafeBytes { unsafe Array($0) }
  }

  /// Returns whether any of the presented codes authenticates the parts, treated as one message.
  ///
  /// The comparison takes constant time.
  public func isAnyValid(_ codes: [[UInt8]], for parts: [[UInt8]]) -> Bool {
    // The bytes are compared within the call.
    unsafe code(of: parts).withUnsafeBytes { code in
      codes.contains { unsafe ConstantTime.areEqual($0, code) }
    }
  }

  private func code(of parts: [[UInt8]]) -> SHA256Digest {
    var (inner, outer) = (inner, outer)
    for part in parts { inner.update(data: part) }
    // The bytes are read only within the call.
    unsafe inner.finalize().withUnsafeBytes { unsafe outer.update(bufferPointer: $0) }
    return outer.finalize()
  }
}

extension HMACSHA256Key: SafelyDescribed {
  /// The text `<key>`.
  public var description: String { "<key>" }
}
