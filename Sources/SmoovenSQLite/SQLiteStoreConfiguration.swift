#if SQLiteSupport
/// The settings with which a ``SQLiteDeliveryStore`` keeps its file.
public struct SQLiteStoreConfiguration: Sendable, Hashable {
  /// The failures that a commit survives.
  public struct Durability: Sendable, Hashable {
    enum Wrapped: String { case full = "FULL", normal = "NORMAL" }

    let wrapped: Wrapped

    /// Each commit is on the disk before its caller continues.
    ///
    /// It survives a power cut, at the cost of one `fsync` per commit.
    public static let full = Durability(wrapped: .full)
    /// A commit survives the end of the process, including `kill -9`, but the latest commits may be lost in a power
    /// cut.
    ///
    /// A callback that got a 200 may then be gone, and its sender doesn't resend it. This is faster, because only
    /// checkpoints wait for the disk.
    public static let normal = Durability(wrapped: .normal)
  }

  /// The time for which a callback and its deduplication key are kept, from the callback's arrival.
  ///
  /// It must be 2 hours longer than the age up to which a callback counts as fresh, and readers with a cursor must read
  /// within it. Defaults to 26 hours and 15 minutes.
  public var retention: Duration
  /// The time for which a delivery and its idempotency key are kept, pending or not, from the delivery's opening.
  ///
  /// A delivery that a wait needs for longer is kept until the wait ends. Defaults to 30 days.
  public var deliveryRetention: Duration
  /// The maximum number of deduplication keys for each endpoint, about 80 bytes each.
  ///
  /// Above it, the oldest keys by signed time are forgotten, and callbacks signed before them are refused as too old.
  /// No callback is removed to make room. Defaults to 10,000,000.
  public var capacity: Int
  /// The time before the newest signed time within which no key is forgotten to make room.
  ///
  /// It must cover the sender's last retry. If that leaves no room for a key, appending throws `full`, and the listener
  /// responds with 503. Defaults to 10 minutes.
  public var minimumWindow: Duration
  /// The maximum number of bytes in the file, in whole pages.
  ///
  /// Defaults to `nil`, which means as much as the disk has.
  public var maximumFileSize: Int?
  /// The failures that a commit survives.
  ///
  /// Defaults to ``Durability/full``.
  public var durability: Durability
  /// The time that a call waits for a lock that another process holds on the file.
  ///
  /// It also bounds opening the store. The maximum is 24 days. Defaults to 5 seconds.
  public var busyTimeout: Duration
  /// The maximum number of calls that wait for a commit, above which a call fails as `unavailable`.
  ///
  /// Defaults to 10,000.
  public var maximumWaitingWrites: Int
  /// The interval at which the store checks for what other processes wrote to the file, while something waits for it.
  ///
  /// With `nil`, it never checks. Readers learn immediately what this process writes. Defaults to 50 milliseconds.
  public var pollInterval: Duration?

  /// Creates a configuration, in which each setting has the default that its property documents.
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
