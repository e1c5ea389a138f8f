public import struct Foundation.Date

/// The amount of data in a store, and how much room it has.
public struct DeliveryStoreUsage: Sendable, Hashable {
  /// The deduplication keys of one endpoint.
  public struct Keys: Sendable, Hashable {
    /// The number of keys.
    public var count: Int
    /// The maximum number of keys, above which the oldest are forgotten.
    public var capacity: Int
    /// The signed time up to which keys were forgotten, after which a replay is still recognized, or `nil` if none were
    /// forgotten.
    public var floor: Date?
    /// The newest signed time so far, or `nil` if no callback had one or if the store can't tell.
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
