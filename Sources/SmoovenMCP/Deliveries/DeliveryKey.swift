internal import Smooven

/// The idempotency key under which the store keeps a handle.
///
/// The prefix and its separator distinguish the keys of models from those of the application, which can't contain a
/// U+001F.
enum DeliveryKey {
  private static let prefix = "mcp\u{1F}"

  /// The maximum number of bytes in a handle: what the store allows, less the prefix.
  static let maximumHandleLength = 190

  /// Returns the key of a handle, or `nil` if no call can have created that handle.
  static func key(of handle: String) -> String? {
    let key = prefix + handle
    guard !handle.isEmpty, handle.utf8.count <= maximumHandleLength,
      !handle.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { return nil }
    return key
  }

  /// Returns a handle for a call that passed none.
  static func fresh() -> String { "mcp-\(DeliveryToken().text)" }
}
