internal import SmoovenCallbacks

/// The idempotency key under which the store knows a handle.
///
/// The prefix and its separator keep the keys of models apart from those of the application, which can't have a U+001F.
enum DeliveryKey {
  private static let prefix = "mcp\u{1F}"

  /// The key of a handle; `nil` if no call can have made that handle.
  static func key(of handle: String) -> String? {
    let key = prefix + handle
    guard !handle.isEmpty, handle.utf8.count <= NotifyPerson.maximumKeyLength,
      !handle.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { return nil }
    return key
  }

  /// A handle for a call that named none: 128 random bits.
  static func fresh() -> String {
    "mcp-" + Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  }
}
