#if PostgresSupport
public import Logging
public import SmoovenCallbacks

/// The settings with which a ``PostgresDeliveryStore`` uses its database.
///
/// However it's printed, it shows where the database is, and no password.
public struct PostgresStoreConfiguration: Sendable {
  /// The address of the database, as libpq reads it: `postgresql://user:password@host:port/database?sslmode=require`.
  ///
  /// Every parameter of libpq may be in it, such as those for TLS and for several hosts. `schema=NAME` and
  /// `listen_url=URL`, percent-encoded, set ``schema`` and ``listenURL``. It never appears in an error or a log.
  public var url: String
  /// The schema that holds the tables, which is created if it's missing.
  ///
  /// Stores with different schemas in one database are independent of each other. Defaults to `smooven`.
  public var schema: String
  /// The address for the connection that listens for notifications, if it needs another one.
  ///
  /// A pooler in transaction mode, such as PgBouncer, can't serve a connection that listens. If ``url`` leads to a
  /// pooler, this must lead to the database itself. Defaults to `nil`, which means ``url``.
  public var listenURL: String?
  /// Whether to use LISTEN and NOTIFY to learn immediately what other replicas stored.
  ///
  /// Without them, the database is polled every ``pollInterval``. Defaults to `true`.
  public var usesNotifications: Bool
  /// The interval at which the store looks for what no notification reported.
  ///
  /// It must be from 10 milliseconds to an hour. Defaults to 1 second.
  public var pollInterval: Duration
  /// The time for which a replica may be silent before it counts as dead.
  ///
  /// Other replicas then remove its interests and may take over its deliveries. It must be the same on all replicas,
  /// from 1 second to a day. Defaults to 20 seconds.
  public var replicaTimeout: Duration
  /// The time for which a callback and its deduplication key are kept, from the callback's arrival.
  ///
  /// It must be 2 hours longer than the age up to which a callback counts as fresh, and readers with a cursor must read
  /// within it. Defaults to 26 hours and 15 minutes.
  public var retention: Duration
  /// The time for which a delivery and its idempotency key are kept, pending or not, from the delivery's opening.
  ///
  /// A delivery that a wait needs for longer is kept until the wait ends. Defaults to 30 days.
  public var deliveryRetention: Duration
  /// The maximum number of deduplication keys for each endpoint.
  ///
  /// Above it, the oldest keys by signed time are forgotten, and callbacks signed before them are refused as too old.
  /// While several replicas append, it may be exceeded by what they have in progress. Defaults to 10,000,000.
  public var capacity: Int
  /// The time before the newest signed time within which no key is forgotten to make room.
  ///
  /// It must cover the sender's last retry. If that leaves no room for a key, appending throws `full`, and the listener
  /// responds with 503. Defaults to 10 minutes.
  public var minimumWindow: Duration
  /// The maximum time for a request to the database, after which its connection counts as lost.
  ///
  /// It must be from 1 second to 10 minutes. Defaults to 10 seconds.
  public var timeout: Duration
  /// The maximum number of calls that wait for a commit, above which a call fails as `unavailable`.
  ///
  /// Defaults to 10,000.
  public var maximumWaitingWrites: Int
  /// The logger for outages of the database, for notifications that don't get through, for deliveries of dead replicas
  /// that can't be read, and for a silence of this replica that was so long that others counted it as dead.
  ///
  /// An outage is logged once, as a warning, and so is its end, as a notice.
  ///
  /// Defaults to `nil`, which logs nothing.
  public var logger: Logger?

  /// Creates a configuration, in which each setting has the default that its property documents.
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

extension PostgresStoreConfiguration: SafelyDescribed {
  /// The host, the database and the schema.
  public var description: String {
    let place = (try? PostgresAddress(url))?.place ?? "a URL that can't be read"
    return "PostgresStoreConfiguration(\(place), schema \(schema))"
  }
}
#endif
