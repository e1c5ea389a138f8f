public import struct Foundation.Date

/// Keeps deliveries and callbacks, so that a 200 can mean "we have it".
///
/// A store is a table of deliveries and a log of callbacks. It keeps; the library decides: who may send, whose an event
/// is and how a delivery ended are computed by the library from what it reads. The one thing a store must be able to
/// do is to replace a row only while its version is unchanged.
///
/// ```swift
/// func replace(_ delivery: StoredDelivery, version: Int64) throws -> Int64? {
///   guard tables.rows[delivery.token]?.version == version else { return nil }
///   try commit(Tables(rows: [delivery.token: Row(delivery: delivery, version: version + 1)]))
///   return version + 1
/// }
/// ```
///
/// That is from `Samples/CustomStore`, a whole store in one file. Every record is `Codable`: keep it as JSON next to the
/// columns by which it is looked up (token, idempotency key, ids, opening time, whether it is pending; of a callback its
/// group, token and ids). Make each call atomic, throw ``DeliveryStoreError`` if it couldn't be carried out, and never
/// return before the change would survive what your users expect it to survive. Test it with
/// `DeliveryStoreConformance` of SmoovenTesting. A store whose log can be read from a cursor is an ``EventLog`` as well.
public protocol DeliveryStore: Sendable {
  /// The store's time now, by which claims are leased: never a wall clock, see ``StoreInstant``.
  func time() async throws -> StoreInstant

  // MARK: Deliveries

  /// Inserts a delivery, unless its idempotency key or its token exists.
  ///
  /// - Returns: The row of that key or token, with ``DeliveryInsertion/existing(_:)`` if it was there before.
  /// - Throws: ``DeliveryStoreError``. Whether the row was inserted may then be unknown; inserting again tells.
  func insert(_ delivery: StoredDelivery) async throws -> DeliveryInsertion

  /// Looks up a delivery.
  ///
  /// - Returns: The row as it is now, with the store's time; `nil` if there is none.
  func load(_ lookup: DeliveryLookup) async throws -> VersionedDelivery?

  /// Replaces a delivery, if its row still has a version.
  ///
  /// - Returns: The row's new version; `nil`, and no change, if the row has another version or is gone.
  /// - Throws: ``DeliveryStoreError``. Whether the row was replaced may then be unknown; loading it tells.
  func replace(_ delivery: StoredDelivery, version: Int64) async throws -> Int64?

  /// Removes a delivery, if its row still has a version. Does nothing otherwise.
  func remove(_ token: DeliveryToken, version: Int64) async throws

  /// The deliveries without a verdict, in the order of ``PendingCursor``: one page of them.
  ///
  /// - Parameters:
  ///   - cursor: The place after which to begin; `nil` for the first page.
  ///   - limit: The maximum number of deliveries to return.
  /// - Returns: The deliveries.
  /// - Throws: ``DeliveryStoreError``.
  func pending(after cursor: PendingCursor?, limit: Int) async throws -> [VersionedDelivery]

  /// Takes over pending deliveries that belong to a process that is gone, oldest first.
  ///
  /// Each goes to one of the processes that ask. For a store that knows which process a delivery belongs to, and whether
  /// that lives. Defaults to none.
  ///
  /// - Parameter limit: The maximum number of deliveries to take over.
  /// - Returns: The deliveries that now belong to this process.
  /// - Throws: ``DeliveryStoreError``. Some may have been taken over.
  func takeOver(limit: Int) async throws -> [VersionedDelivery]

  // MARK: Callbacks

  /// Appends verified callbacks in one step: all of them, or none if it throws.
  ///
  /// Two events with the same ``CallbackEvent/endpoint`` and ``CallbackEvent/deduplicationKey`` are the same event. Of
  /// each, only the first is stored, for at least ``deduplicationRetention``. If there is no room for a key, the store
  /// may forget the oldest ones of that endpoint by their signed time; from then on anything signed at that time or
  /// earlier is ``AppendResult/tooOld``.
  ///
  /// - Returns: What became of each, in the same order.
  /// - Throws: ``DeliveryStoreError``. The callbacks must be offered again, and those that weren't known before are
  ///   then stored.
  func append(_ callbacks: [StoredCallback]) async throws -> [AppendResult]

  /// Appends a callback without suspending, if the store needs no I/O for it.
  ///
  /// - Returns: What became of it; `nil`, the default, to be asked by ``append(_:)`` instead.
  func appendImmediately(_ callback: StoredCallback) throws -> AppendResult?

  /// The callbacks of a lookup in the order in which they were stored: one page of them.
  ///
  /// - Parameters:
  ///   - lookup: The group, and the token or ids that the callbacks must carry.
  ///   - cursor: The place after which to begin. ``EventCursor/beginning`` for the first page.
  ///   - limit: The maximum number of callbacks to return.
  /// - Returns: The callbacks, each with its place.
  /// - Throws: ``DeliveryStoreError``.
  func callbacks(
    matching lookup: CallbackLookup,
    after cursor: EventCursor,
    limit: Int
  ) async throws -> [StoredEvent]

  // MARK: Retention

  /// How long a deduplication key is remembered, if its endpoint's capacity isn't reached.
  ///
  /// A receiver refuses a store that remembers less than the age up to which callbacks count as fresh.
  var deduplicationRetention: Duration { get }

  /// Forgets callbacks and deliveries that were stored before a date, except deliveries that are pending or wanted.
  ///
  /// Before a callback of a kept delivery goes, that delivery keeps it with ``StoredDelivery/keep(_:)``, so that later
  /// results don't change. No deduplication key is forgotten within its retention.
  ///
  /// - Returns: The number of removed callbacks and deliveries.
  @discardableResult
  func prune(before date: Date) async throws -> Int

  /// What the store holds, for gauges; `nil`, the default, if it can't say.
  func usage() async throws -> DeliveryStoreUsage?

  // MARK: Other processes

  /// Whether other processes, or other clients in this one, may use the same data. Defaults to `false`.
  var isShared: Bool { get }

  /// Makes sure that ``follow(_:onChange:)`` reports what others store for a key after this call has returned.
  ///
  /// Called when the key is among the interests and before the log is read for it, so that nothing falls between. Does
  /// nothing by default, which suits a store that looks for itself at all that others stored since it was opened.
  func watch(_ lookup: CallbackLookup) async throws

  /// Reports what others store, until the task is cancelled.
  ///
  /// Once ``watch(_:)`` of a key has returned, every callback that others append for it is reported, and that its row was
  /// replaced or removed, for as long as the key is among the interests. That includes what they stored before this method
  /// was called. Reporting too much is harmless: what was stored earlier, or by this process itself. Returns immediately
  /// by default, for a store that isn't shared.
  ///
  /// - Parameters:
  ///   - interests: The deliveries and ids that this process waits for.
  ///   - onChange: Receives the changes. Never blocks for long.
  /// - Throws: ``DeliveryStoreError``; `CancellationError` when cancelled.
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

  /// None.
  public func takeOver(limit: Int) async throws -> [VersionedDelivery] { [] }

  /// `false`.
  public var isShared: Bool { false }

  /// Does nothing.
  public func watch(_ lookup: CallbackLookup) async throws {}

  /// Returns immediately.
  public func follow(
    _ interests: DeliveryInterests,
    onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {}
}
