public import struct Foundation.Date

/// How full a store is.
public struct DeliveryStoreUsage: Sendable, Hashable {
  /// The deduplication keys of one endpoint.
  public struct Keys: Sendable, Hashable {
    /// The number of keys.
    public var count: Int
    /// The maximum number of keys; past it the oldest are forgotten.
    public var capacity: Int
    /// How far back a replay is still recognized: the signed time up to which keys were forgotten, if any were.
    public var floor: Date?
    /// The newest signed time so far; `nil` if no callback had one, or the store can't say.
    public var newest: Date?

    /// Creates a count.
    public init(count: Int, capacity: Int, floor: Date? = nil, newest: Date? = nil) {
      self.count = count
      self.capacity = capacity
      self.floor = floor
      self.newest = newest
    }
  }

  /// The number of deliveries.
  public var deliveries: Int
  /// The number of stored callbacks.
  public var callbacks: Int
  /// The deduplication keys of each endpoint, by its name.
  public var keys: [String: Keys]

  /// Creates a usage.
  public init(deliveries: Int, callbacks: Int, keys: [String: Keys]) {
    self.deliveries = deliveries
    self.callbacks = callbacks
    self.keys = keys
  }
}
