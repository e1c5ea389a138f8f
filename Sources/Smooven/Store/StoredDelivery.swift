public import SmoovenCallbacks

public import struct Foundation.Date

/// A notification that was sent or is about to be, in the form in which a store keeps it.
///
/// A store keeps these records and compares their versions. It never looks inside them, except for the columns by which
/// it finds them. The library decides what may happen to a record, in `StoredDelivery+Transitions.swift`.
///
/// It's a value around one immutable object, because the suspended functions of a send hold many copies of it.
public struct StoredDelivery: Sendable, Hashable, Codable {
  /// The token in the delivery's callback URL.
  public var token: DeliveryToken { content.token }
  /// The caller's name for the send, which must happen only once.
  public var idempotencyKey: String? { content.idempotencyKey }
  /// The group of endpoints whose events may settle the delivery (see ``CallbackEvent/group``).
  public var group: String { content.group }
  /// The time at which the delivery was opened, by the wall clock of the process that opened it.
  public var openedAt: Date { content.openedAt }
  /// A digest of the request, which reveals a key that is reused with a different request.
  public var fingerprint: String {
    get { content.fingerprint }
    set { content.fingerprint = newValue }
  }
  /// Whether Smooven uses several channels at the same time, so that the failure of one isn't the end.
  public var isCritical: Bool {
    get { content.isCritical }
    set { content.isCritical = newValue }
  }
  /// The claim of the call that may send the delivery now, or `nil` while the delivery is free.
  public var claim: Claim? {
    get { content.claim }
    set { content.claim = newValue }
  }
  /// The number of the latest claim, counted from 1, or 0 before the first one.
  public var attempt: Int {
    get { content.attempt }
    set { content.attempt = newValue }
  }
  /// The time from which the delivery may be claimed again, if Smooven asked for a pause.
  public var notBefore: StoreInstant? {
    get { content.notBefore }
    set { content.notBefore = newValue }
  }
  /// Smooven's refusal of the latest attempt that was refused.
  public var refusal: Refusal? {
    get { content.refusal }
    set { content.refusal = newValue }
  }
  /// The ids under which Smooven accepted the notification.
  ///
  /// They're only ever added to.
  public var ids: [String] {
    get { content.ids }
    set { content.ids = newValue }
  }
  /// The verdict, once it can no longer change.
  ///
  /// A delivery without a verdict is pending.
  public var verdict: DeliveryVerdict? {
    get { content.verdict }
    set { content.verdict = newValue }
  }
  /// The first event of each terminal kind, which are kept when the log removes its events.
  public var milestones: [CallbackEvent] {
    get { content.milestones }
    set { content.milestones = newValue }
  }
  /// The time at which the status endpoint was last queried about the delivery after a restart.
  public var askedAt: Date? {
    get { content.askedAt }
    set { content.askedAt = newValue }
  }
  /// The time until which a wait needs the delivery, even if that is past the store's retention.
  public var wantedUntil: Date? {
    get { content.wantedUntil }
    set { content.wantedUntil = newValue }
  }
  /// The caller's note about the delivery, such as the name of a job.
  public var label: String? {
    get { content.label }
    set { content.label = newValue }
  }
  /// The value that the caller attached, at most 8 KiB as JSON (see ``attach(_:)``).
  public private(set) var attachment: JSONValue? {
    get { content.attachment }
    set { content.attachment = newValue }
  }

  /// The context of the span that sent it, as its tracer wrote it, such as a `traceparent`, or `nil` without a tracer.
  public var trace: [String: String]? {
    get { content.trace }
    set { content.trace = newValue }
  }

  // For the extension in StoredDelivery+Content.swift.
  var box: Box
  private(set) var content: Content {
    get { box.content }
    set { box = Box(newValue) }
  }

  /// Creates a delivery that is free, which means unclaimed.
  public init(
    token: DeliveryToken,
    idempotencyKey: String? = nil,
    group: String,
    openedAt: Date,
    fingerprint: String = "",
    isCritical: Bool = false,
    ids: [String] = [],
    label: String? = nil
  ) {
    box = Box(
      Content(
        token: token,
        idempotencyKey: idempotencyKey,
        group: group,
        openedAt: openedAt,
        fingerprint: fingerprint,
        isCritical: isCritical,
        attempt: 0,
        ids: ids,
        milestones: [],
        label: label
      )
    )
  }

  /// Attaches a value, or removes the attachment.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest` if the value has more than 8 KiB as JSON, or contains a number
  ///   that JSON can't represent.
  public mutating func attach(_ value: JSONValue?) throws(SmoovenError) {
    if let value {
      guard value.isWritable else {
        throw .invalid("attachment", "must hold no infinite number and no NaN, which JSON can't represent")
      }
      let size = value.bytes.count
      guard size <= 8_192 else {
        throw .invalid("attachment", "must be at most 8,192 bytes as JSON; it has \(size)")
      }
    }
    attachment = value
  }

  /// The first id under which Smooven accepted the notification, or `nil` if none is known yet.
  public var notificationID: String? { ids.first }

  /// Whether the verdict is still open.
  public var isPending: Bool { verdict == nil }
}
