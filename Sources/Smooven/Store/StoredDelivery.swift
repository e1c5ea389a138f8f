public import struct Foundation.Date

/// A notification that was sent, or is about to be, as a store keeps it.
public struct StoredDelivery: Sendable, Hashable {
  /// The token in its callback URL.
  public var token: DeliveryToken
  /// The caller's name for the send, which must not happen twice.
  public var idempotencyKey: String?
  /// A digest of the request, by which the same key with another request is noticed.
  public var fingerprint: String
  /// The id that Smooven gave, once it is known.
  public var notificationID: String?
  /// Whether Smooven uses several channels at once, so that one's failure is not yet the end.
  public var isCritical: Bool
  /// Whether its request may have left; without an idempotency key nobody asks, so then it says yes from the first.
  public var mayHaveLeft: Bool
  /// When it was opened.
  public var openedAt: Date
  /// How it ended, once it has: delivered or failed, with the event that settled it.
  public var outcome: DeliveryOutcome?

  /// Makes a delivery that is about to be sent.
  public init(
    token: DeliveryToken,
    idempotencyKey: String? = nil,
    fingerprint: String,
    notificationID: String? = nil,
    isCritical: Bool = false,
    mayHaveLeft: Bool = true,
    openedAt: Date,
    outcome: DeliveryOutcome? = nil
  ) {
    self.token = token
    self.idempotencyKey = idempotencyKey
    self.fingerprint = fingerprint
    self.notificationID = notificationID
    self.isCritical = isCritical
    self.mayHaveLeft = mayHaveLeft
    self.openedAt = openedAt
    self.outcome = outcome
  }
}
