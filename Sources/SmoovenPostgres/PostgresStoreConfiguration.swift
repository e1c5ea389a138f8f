#if PostgresSupport
public import Logging

/// How a ``PostgresDeliveryStore`` uses its database.
public struct PostgresStoreConfiguration: Sendable {
  /// The address of the database, as libpq reads it: `postgresql://user:password@host:port/database?sslmode=require`.
  ///
  /// Every parameter of libpq may be in it, such as those for TLS and for several hosts. `schema=NAME` and
  /// `listen_url=URL`, percent-encoded, set ``schema`` and ``listenURL``. It never appears in an error or a log.
  public var url: String
  /// The schema that holds the tables, which is created if it's missing.
  ///
  /// Stores with different schemas in one database know nothing of each other. Defaults to `smooven`.
  public var schema: String
  /// The address for the connection that listens for notifications, if another one must be used.
  ///
  /// A pooler in transaction mode, such as PgBouncer, can't serve a connection that listens. If ``url`` leads to one, this
  /// must lead to the database itself. Defaults to `nil`, which uses ``url``.
  public var listenURL: String?
  /// Whether to use LISTEN and NOTIFY to learn immediately what other replicas stored.
  ///
  /// Without them, they are asked for every ``pollInterval``. Defaults to `true`.
  public var usesNotifications: Bool
  /// How often to look for what no notification reported.
  ///
  /// From 10 milliseconds to an hour. Defaults to 1 second.
  public var pollInterval: Duration
  /// How long a replica may be silent before it counts as dead.
  ///
  /// Others then remove its interests and may take over its deliveries. Equal on all replicas; from 1 second to a day.
  /// Defaults to 20 seconds.
  public var replicaTimeout: Duration
  /// How long a callback and its deduplication key are kept, from its arrival.
  ///
  /// It must be 2 hours longer than the age up to which a callback counts as fresh, and readers with a cursor must read
  /// within it. Defaults to 26 hours and 15 minutes.
  public var retention: Duration
  /// How long a delivery and its idempotency key are kept, pending or not, from its opening.
  ///
  /// A delivery that a wait needs for longer is kept until then. Defaults to 30 days.
  public var deliveryRetention: Duration
  /// The maximum number of deduplication keys for each endpoint.
  ///
  /// Past it, the oldest by signed time are forgotten, and callbacks signed before them are refused as too old. While
  /// several replicas append, it may be exceeded by what they have under way. Defaults to 10,000,000.
  public var capacity: Int
  /// The time before the newest signed time within which no key is forgotten to make room.
  ///
  /// It must cover the sender's last retry. If that leaves no room, appending throws `full`, and the listener responds
  /// with 503. Defaults to 10 minutes.
  public var minimumWindow: Duration
  /// The maximum time for a request to the database, before its connection counts as lost.
  ///
  /// From 1 second to 10 minutes. Defaults to 10 seconds.
  public var timeout: Duration
  /// The maximum number of calls that wait for a commit; past it, a call fails as `unavailable`.
  ///
  /// Defaults to 10,000.
  public var maximumWaitingWrites: Int
  /// Where to report that notifications don't get through, and that connections were lost and established.
  ///
  /// Defaults to `nil`, for nowhere.
  public var logger: Logger?

  /// Creates a configuration; each setting has the default that its property states.
  public init(
    url: String,
    schema: String = "smooven",
    listenURL: String? = nil,
    usesNotifications: Bool = true,
    pollInterval: Duration = .seconds(1),
    replicaTimeout: Duration = .seconds(20),
    retention: Duration = .seconds(26 * 3_600 + 900),
    deliveryRetention: Duration = .seconds(30 * 86_400),
    capacity: Int = 10_000_000,
    minimumWindow: Duration = .seconds(600),
    timeout: Duration = .seconds(10),
    maximumWaitingWrites: Int = 10_000,
    logger: Logger? = nil
  ) {
    self.url = url
    self.schema = schema
    self.listenURL = listenURL
    self.usesNotifications = usesNotifications
    self.pollInterval = pollInterval
    self.replicaTimeout = replicaTimeout
    self.retention = retention
    self.deliveryRetention = deliveryRetention
    self.capacity = capacity
    self.minimumWindow = minimumWindow
    self.timeout = timeout
    self.maximumWaitingWrites = maximumWaitingWrites
    self.logger = logger
  }
}
#endif
