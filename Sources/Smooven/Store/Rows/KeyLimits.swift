/// The limits on the deduplication keys that a durable store keeps.
package struct KeyLimits: Sendable {
  /// The maximum number of keys in each ring.
  package let capacity: Int64
  /// The time before the newest signed time, in seconds, within which no key is forgotten to make room.
  package let minimumWindow: Double

  package init(capacity: Int64, minimumWindow: Double) {
    self.capacity = capacity
    self.minimumWindow = minimumWindow
  }
}
