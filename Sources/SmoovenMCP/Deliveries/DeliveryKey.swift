internal import SmoovenCallbacks

/// The idempotency key under which the store keeps a handle.
///
/// The prefix and its separator distinguish the keys of models from those of the application, which can't contain a
/// U+001F.
enum DeliveryKey {
  private static let prefix = "mcp\u{1F}"

  /// Returns the key of a handle, or `nil` if no call can have created that handle.
  static func key(of handle: String) -> String? {
    let key = prefix + handle
    guard !handle.isEmpty, handle.utf8.count <= NotifyPerson.maximumKeyLength,
      !handle.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { return nil }
    return key
  }

  /// Returns a handle for a call that passed none, with 128 random bits.
  static func fresh() -> String {
    "mcp-" + Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  }
}
