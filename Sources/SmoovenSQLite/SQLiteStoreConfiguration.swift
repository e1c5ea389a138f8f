#if SQLiteSupport
/// How a ``SQLiteDeliveryStore`` keeps its file.
public struct SQLiteStoreConfiguration: Sendable, Hashable {
  /// What a commit survives.
  public struct Durability: Sendable, Hashable {
    enum Wrapped: String { case full = "FULL", normal = "NORMAL" }

    let wrapped: Wrapped

    /// Each commit is on the disk before its caller goes on: it survives a power cut, at the cost of one `fsync` a
    /// commit.
    public static let full = Durability(wrapped: .full)
    /// A commit survives the end of the process, `kill -9` included, but the last ones may be lost with the power.
    ///
    /// Then a callback that was answered with 200 may be gone, and nobody sends it again. Faster, because the disk is
    /// only waited for at checkpoints.
    public static let normal = Durability(wrapped: .normal)
  }

  /// How long an event and its deduplication key are kept, from its arrival.
  ///
  /// It must cover the time window in which a callback counts as fresh; whoever reads with a cursor must come by
  /// within it. 24 h and 10 min.
  public var retention: Duration
  /// How long a delivery and its idempotency key are kept, settled or not, from its opening.
  ///
  /// 30 days.
  public var deliveryRetention: Duration
  /// The most events.
  ///
  /// When they are reached the store is full until the oldest is past the retention; it never forgets one early.
  /// 10,000,000, about 15 GB of typical callbacks.
  public var capacity: Int
  /// The most bytes of the file, in whole pages; `nil`, the default, for as much as the disk has.
  public var maximumFileSize: Int?
  /// What a commit survives.
  ///
  /// ``Durability/full``.
  public var durability: Durability
  /// How long to wait for a lock that another process holds on the file.
  ///
  /// 5 s.
  public var busyTimeout: Duration
  /// The most calls that wait for a commit; beyond, a call fails as `unavailable`.
  ///
  /// 10,000.
  public var maximumWaitingWrites: Int
  /// How often a reader that has caught up looks for what other processes wrote to the same file; `nil` for never.
  ///
  /// What this process writes, readers learn at once. 1 s.
  public var pollInterval: Duration?

  /// Makes a configuration; each setting has the default that its property states.
  public init(
    retention: Duration = .seconds(86_400 + 600),
    deliveryRetention: Duration = .seconds(30 * 86_400),
    capacity: Int = 10_000_000,
    maximumFileSize: Int? = nil,
    durability: Durability = .full,
    busyTimeout: Duration = .seconds(5),
    maximumWaitingWrites: Int = 10_000,
    pollInterval: Duration? = .seconds(1)
  ) {
    self.retention = retention
    self.deliveryRetention = deliveryRetention
    self.capacity = capacity
    self.maximumFileSize = maximumFileSize
    self.durability = durability
    self.busyTimeout = busyTimeout
    self.maximumWaitingWrites = maximumWaitingWrites
    self.pollInterval = pollInterval
  }
}
#endif
