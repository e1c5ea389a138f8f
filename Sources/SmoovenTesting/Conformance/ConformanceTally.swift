/// What a random test did: the same for the same seed, store and number of steps.
public struct ConformanceTally: Sendable, Hashable {
  /// How often each operation was called, by its name.
  public var operations: [String: Int] = [:]
  /// How many appends stored an event.
  public var stored = 0
  /// How many appends met a duplicate.
  public var duplicates = 0
  /// How many deliveries were returned by their idempotency key.
  public var repeated = 0
  /// How many events of deliveries were compared.
  public var compared = 0
}
