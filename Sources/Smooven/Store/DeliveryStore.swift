public import struct Foundation.Date

/// A store that keeps deliveries and callbacks, so that a 200 means that the callback is stored.
///
/// ```swift
/// func replace(_ delivery: StoredDelivery, version: Int64) throws -> Int64? {
///   guard tables.rows[delivery.token]?.version == version else { return nil }
///   try commit(Tables(rows: [delivery.token: Row(delivery: delivery, version: version + 1)]))
///   return version + 1
/// }
/// ```
///
/// A store is a table of deliveries and a log of callbacks. The store keeps, and the library decides: from what it
/// reads, it computes who may send, which delivery an event belongs to, and how a delivery ended. The one conditional
/// operation that a store must support is to replace a row only if its version is unchanged, as in the example.
///
/// The example is from `Samples/CustomStore`, which is a whole store in one file. Every record is `Codable`, so keep
/// it as JSON next to the columns by which it's looked up. For a delivery, these are its token, idempotency key, ids,
/// opening time and whether it's pending. For a callback, they're its group, token and ids. Make each call atomic,
/// throw ``DeliveryStoreError`` if a call couldn't be carried out, and never return before the change would survive
/// what your users expect it to survive. Test your store with `DeliveryStoreConformance` of SmoovenTesting. A store
/// whose log can be read from a cursor is an ``EventLog`` as well.
public protocol DeliveryStore: Sendable {
  /// Returns the store's current time, by which claims are leased and which is never a wall clock (see
  /// ``StoreInstant``).
  func time() async throws -> StoreInstant

  // MARK: Deliveries

  /// Inserts a delivery, unless its idempotency key or its token exists.
  ///
  /// - Returns: The row of that key or token, as ``DeliveryInsertion/existing(_:)`` if it already existed.
  /// - Throws: ``DeliveryStoreError``, after which it may be unknown whether the row was inserted. Inserting it again
  ///   shows that.
  func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion

  /// Looks up a delivery.
  ///
  /// - Returns: The current row with the store's time, or `nil` if it doesn't exist.
  func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery?

  /// Replaces a delivery if its row still has the given version.
  ///
  /// - Returns: The row's new version. If the row has another version or is gone, this returns `nil` and changes
  ///   nothing.
  /// - Throws: ``DeliveryStoreError``, after which it may be unknown whether the row was replaced. Loading it shows
  ///   that.
  func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64?

  /// Removes a delivery if its row still has the given version, and does nothing if it doesn't.
  func remove(_ token: DeliveryToken, version: Int64) async throws

  /// Returns one page of the deliveries without a verdict, in the order of ``PendingCursor``.
  ///
  /// - Parameters:
  ///   - cursor: The place after which to begin, or `nil` for the first page.
  ///   - limit: The maximum number of deliveries to return.
  /// - Returns: The deliveries.
  /// - Throws: ``DeliveryStoreError``.
  func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery]

  /// Takes over pending deliveries whose process is gone, oldest first.
  ///
  /// Includes those that any process only looks after (see ``adopt(limit:)``). Each delivery is returned to only one of the
  /// processes that call this. Implement it for a store that knows which process a delivery belongs to, and whether that
  /// process is alive. Returns none by default.
  ///
  /// - Parameter limit: The maximum number of deliveries to take over.
  /// - Returns: The deliveries that now belong to this process.
  /// - Throws: ``DeliveryStoreError``, after which some may have been taken over.
  func takeOver(limit: Int) async throws -> [VersionedDelivery]

  /// Looks after pending deliveries whose process is gone, oldest first.
  ///
  /// The library does so in the background, and queries the status of each. Each delivery is returned to only one of the
  /// processes that call this, or to the next one if that process is gone too. Until ``takeOver(limit:)`` returns it to
  /// any process, it's only looked after.
  ///
  /// - Parameter limit: The maximum number of deliveries to look after.
  /// - Returns: The deliveries that this process now looks after, or `nil`, the default, if the store doesn't know which
  ///   process a delivery belongs to.
  /// - Throws: ``DeliveryStoreError``, after which this process may look after some.
  func adopt(limit: Int) async throws -> [VersionedDelivery]?

  // MARK: Callbacks

  /// Appends verified callbacks in one step: all of them, or none if it throws.
  ///
  /// Two events with the same ``CallbackEvent/endpoint`` and ``CallbackEvent/deduplicationKey`` are the same event, of
  /// which only the first is stored, for at least ``deduplicationRetention``. If there's no room for a key, the store
  /// may forget the oldest keys of that endpoint by their signed time. From then on, anything signed at that time or
  /// earlier is ``AppendResult/tooOld``.
  ///
  /// - Returns: The result for each callback, in the same order.
  /// - Throws: ``DeliveryStoreError``. The callbacks must be appended again, and those that are new are then stored.
  func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult]

  /// Appends a callback without suspending, if the store needs no I/O for that.
  ///
  /// - Returns: The result, or `nil`, the default, to use ``append(_:)`` instead.
  func appendImmediately(_ callback: StoredCallback) throws -> AppendResult?

  /// Returns one page of the callbacks that match a lookup, in the order in which they were stored.
  ///
  /// - Parameters:
  ///   - lookup: The group, and the token or ids that the callbacks must have.
  ///   - cursor: The place after which to begin, which is ``EventCursor/beginning`` for the first page.
  ///   - limit: The maximum number of callbacks to return.
  /// - Returns: The callbacks, each with its place.
  /// - Throws: ``DeliveryStoreError``.
  func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent]

  // MARK: Retention

  /// The time for which a deduplication key is remembered, if its endpoint's capacity isn't reached.
  ///
  /// A receiver refuses a store whose time is shorter than the age up to which callbacks count as fresh.
  var deduplicationRetention: Duration { get }

  /// Removes callbacks and deliveries that were stored before a date, except deliveries that are pending or wanted.
  ///
  /// Before a callback of a kept delivery is removed, that delivery keeps it with ``StoredDelivery/keep(_:)``, so that
  /// later results don't change. No deduplication key is forgotten within its retention.
  ///
  /// - Returns: The number of removed callbacks and deliveries.
  @discardableResult
  func prune(before date: Date) async throws -> Int

  /// Returns the amounts of stored data, for gauges, or `nil`, the default, if the store can't tell.
  func usage() async throws -> DeliveryStoreUsage?

  // MARK: Other processes

  /// Whether other processes, or other clients in this one, may use the same data. Defaults to `false`.
  var isShared: Bool { get }

  /// Ensures that ``follow(_:onChange:)`` reports what others store for a key after this call has returned.
  ///
  /// It's called once the key is among the interests and before the log is read for it, so that nothing is missed in
  /// between. It does nothing by default, which suits a store that itself reads everything that others have stored
  /// since it was opened.
  func watch(_ lookup: CallbackLookup) async throws

  /// Returns whether another process expects a single callback at a token, which no delivery has.
  ///
  /// Only that process can verify the callback, so this one has the sender try again. Returns `false` by default.
  ///
  /// - Throws: ``DeliveryStoreError``.
  func isExpectedElsewhere(_ token: DeliveryToken) async throws -> Bool

  /// Reports what others store, until the task is cancelled.
  ///
  /// Once ``watch(_:)`` has returned for a key, the store reports every callback that others append for that key, and
  /// every replacement or removal of its row, while the key is among the interests. That includes changes from before
  /// this method was called. It's harmless to report too much, such as earlier changes or those of this process itself.
  /// By default, this returns immediately, for a store that isn't shared.
  ///
  /// - Parameters:
  ///   - interests: The deliveries and ids that this process waits for.
  ///   - onChange: A closure that receives the changes. It never blocks for long.
  /// - Throws: ``DeliveryStoreError``, or `CancellationError` if cancelled.
  func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws
}

extension DeliveryStore {
  /// Returns `nil`.
  public func appendImmediately(_ callback: StoredCallback) throws -> AppendResult? { nil }

  /// Returns `nil`.
  public func usage() async throws -> DeliveryStoreUsage? { nil }

  /// Returns no deliveries.
  public func takeOver(limit: Int) async throws -> [VersionedDelivery] { [] }

  /// `nil`.
  public func adopt(limit: Int) async throws -> [VersionedDelivery]? { nil }

  /// `false`.
  public func isExpectedElsewhere(_ token: DeliveryToken) async throws -> Bool { false }

  /// Returns `false`.
  public var isShared: Bool { false }

  /// Does nothing.
  public func watch(_ lookup: CallbackLookup) async throws {}

  /// Returns immediately.
  public func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {}
}
