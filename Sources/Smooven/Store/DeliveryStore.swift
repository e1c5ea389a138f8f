public import SmoovenCallbacks

public import struct Foundation.Date

/// Where waits and events live, so that "200" can mean "we have it".
///
/// The listener appends each verified event before it answers; the client opens a delivery before its request
/// leaves, and settles it. An implementation must make each call atomic and must not forget a deduplication key
/// before its retention ends: when it has no room it throws ``DeliveryStoreError`` with `full`, the listener answers
/// 503 and the sender tries again. Errors of a durable store are for the caller to see, never to hide. Test one with
/// `DeliveryStoreConformance` of SmoovenTesting.
public protocol DeliveryStore: Sendable {
  /// Opens a delivery before its request leaves.
  ///
  /// - Returns: The delivery that was opened before under the same idempotency key, or `nil` when this one is new.
  /// - Throws: ``DeliveryStoreError``; nothing was opened and nothing must be sent.
  func open(_ delivery: StoredDelivery) async throws -> StoredDelivery?

  /// Notes that the request of a delivery is about to leave.
  ///
  /// - Returns: `false` when it may have left before, from here or from another process, or when the delivery is gone:
  ///   then it must not be sent.
  func beginSend(_ token: DeliveryToken) async throws -> Bool

  /// Notes that the request was certainly not carried out, so that it may be sent again.
  func retractSend(_ token: DeliveryToken) async throws

  /// Notes the id under which the notification was accepted.
  ///
  /// Events of that id that came before and belong to no delivery are the delivery's from now on. Unknown tokens are
  /// ignored.
  func accept(_ token: DeliveryToken, notificationID: String) async throws

  /// Keeps a verified event, unless one with the same ``CallbackEvent/scope`` and ``CallbackEvent/deduplicationKey``
  /// was kept within the retention.
  ///
  /// An event whose scope is `smooven` belongs to the delivery with the token, or else to the one with its notification
  /// id; to neither when these are two. Other events belong to no delivery.
  ///
  /// - Throws: ``DeliveryStoreError``; the event must be offered again.
  func append(_ event: CallbackEvent, token: DeliveryToken?, at now: Date) async throws -> DeliveryAppend

  /// The same as ``append(_:token:at:)`` for a store that needs no I/O, so that the callback need not suspend.
  ///
  /// - Returns: `nil`, the default, to be asked by the other one.
  func appendImmediately(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) throws -> DeliveryAppend?

  /// Closes a delivery, with how it ended; `nil` when it was given up.
  ///
  /// The first outcome stays. A delivery with an idempotency key is kept with its outcome, for ``open(_:)`` to return;
  /// any other may go. Unknown tokens are ignored.
  func settle(_ token: DeliveryToken, outcome: DeliveryOutcome?) async throws

  /// The deliveries that were opened and not settled, oldest first; of the same time, in the order of their opening.
  func pending() async throws -> [StoredDelivery]

  /// The events of an open delivery, in the order in which they came.
  func events(of token: DeliveryToken) async throws -> [CallbackEvent]

  /// Forgets settled deliveries that were opened before a date and events that came before it.
  ///
  /// Whatever the date, no deduplication key within its retention is forgotten.
  ///
  /// - Returns: How many of both were removed.
  @discardableResult
  func prune(before date: Date) async throws -> Int
}

extension DeliveryStore {
  /// Returns `nil`.
  public func appendImmediately(
    _ event: CallbackEvent,
    token: DeliveryToken?,
    at now: Date
  ) throws -> DeliveryAppend? {
    nil
  }
}

/// Whether a store already had an event.
public enum DeliveryAppend: Sendable, Hashable {
  /// It is new, and kept.
  case stored
  /// It was there before; nothing changed.
  case duplicate
}
