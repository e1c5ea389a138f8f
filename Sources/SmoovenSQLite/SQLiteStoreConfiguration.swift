#if SQLiteSupport
/// How a ``SQLiteDeliveryStore`` keeps its file.
public struct SQLiteStoreConfiguration: Sendable, Hashable {
  /// What a commit survives.
  public struct Durability: Sendable, Hashable {
    enum Wrapped: String { case full = "FULL", normal = "NORMAL" }

    let wrapped: Wrapped

    /// Each commit is on the disk before its caller continues: it survives a power cut, at the cost of one `fsync` per
    /// commit.
    public static let full = Durability(wrapped: .full)
    /// A commit survives the end of the process, `kill -9` included, but the last ones may be lost with the power.
    ///
    /// Then a callback that got a 200 may be gone, and its sender doesn't repeat it. Faster, because only checkpoints
    /// wait for the disk.
    public static let normal = Durability(wrapped: .normal)
  }

  /// How long a callback and its deduplication key are kept, from its arrival.
  ///
  /// It must be 2 hours longer than the age up to which a callback counts as fresh, and readers with a cursor must read
  /// within it. Defaults to 26 hours and 15 minutes.
  public var retention: Duration
  /// How long a delivery and its idempotency key are kept, pending or not, from its opening.
  ///
  /// A delivery that a wait needs for longer is kept until then. Defaults to 30 days.
  public var deliveryRetention: Duration
  /// The maximum number of deduplication keys for each endpoint, about 80 bytes each.
  ///
  /// Past it, the oldest by signed time are forgotten, and callbacks signed before them are refused as too old. No
  /// callback is removed for it. Defaults to 10,000,000.
  public var capacity: Int
  /// The time before the newest signed time within which no key is forgotten to make room.
  ///
  /// It must cover the sender's last retry. If that leaves no room, appending throws `full`, and the listener responds
  /// with 503. Defaults to 10 minutes.
  public var minimumWindow: Duration
  /// The maximum number of bytes in the file, in whole pages; `nil` for as much as the disk has.
  ///
  /// Defaults to `nil`.
  public var maximumFileSize: Int?
  /// What a commit survives.
  ///
  /// Defaults to ``Durability/full``.
  public var durability: Durability
  /// How long a call waits for a lock that another process holds on the file.
  ///
  /// Opening the store takes no longer than that either. At most 24 days. Defaults to 5 seconds.
  public var busyTimeout: Duration
  /// The maximum number of calls that wait for a commit; past it, a call fails as `unavailable`.
  ///
  /// Defaults to 10,000.
  public var maximumWaitingWrites: Int
  /// How often the store checks for what other processes wrote to the file, while something waits for it.
  ///
  /// `nil` for never. Readers learn immediately what this process writes. Defaults to 50 milliseconds.
  public var pollInterval: Duration?

  /// Creates a configuration; each setting has the default that its property states.
  public init(
    retention: Duration = .seconds(26 * 3_600 + 900),
    deliveryRetention: Duration = .seconds(30 * 86_400),
    capacity: Int = 10_000_000,
    minimumWindow: Duration = .seconds(600),
    maximumFileSize: Int? = nil,
    durability: Durability = .full,
    busyTimeout: Duration = .seconds(5),
    maximumWaitingWrites: Int = 10_000,
    pollInterval: Duration? = .milliseconds(50)
  ) {
    self.retention = retention
    self.deliveryRetention = deliveryRetention
    self.capacity = capacity
    self.minimumWindow = minimumWindow
    self.maximumFileSize = maximumFileSize
    self.durability = durability
    self.busyTimeout = busyTimeout
    self.maximumWaitingWrites = maximumWaitingWrites
    self.pollInterval = pollInterval
  }
}
#endif
