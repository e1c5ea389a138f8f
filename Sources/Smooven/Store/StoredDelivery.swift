public import SmoovenCallbacks

public import struct Foundation.Date

/// A notification that was sent, or is about to be, as a store keeps it.
///
/// A store keeps these records and compares their versions; it never looks inside, except for the columns by which it
/// finds them. What may happen to one is decided by the library, in `StoredDelivery+Transitions.swift`.
public struct StoredDelivery: Sendable, Hashable, Codable {
  /// The token in its callback URL.
  public let token: DeliveryToken
  /// The caller's name for the send, which must happen only once.
  public let idempotencyKey: String?
  /// The group of endpoints whose events may settle it, see ``CallbackEvent/group``.
  public let group: String
  /// When it was opened, by the wall clock of the process that opened it.
  public let openedAt: Date
  /// A digest of the request, by which a reused key with a different request is noticed.
  public var fingerprint: String
  /// Whether Smooven uses several channels at the same time, so that the failure of one isn't the end.
  public var isCritical: Bool
  /// Who may send it now; `nil` while it is free.
  public var claim: Claim?
  /// The number of the latest claim, counted from 1; 0 before the first.
  public var attempt: Int
  /// When it may be claimed again, if Smooven asked for a pause.
  public var notBefore: StoreInstant?
  /// Smooven's refusal of the latest attempt that was refused.
  public var refusal: Refusal?
  /// The ids under which Smooven accepted it.
  ///
  /// Only ever grows.
  public var ids: [String]
  /// How it ended, once that can no longer change.
  ///
  /// A delivery without one is pending.
  public var verdict: DeliveryVerdict?
  /// The first event of each terminal kind, kept when the log forgets its events.
  public var milestones: [CallbackEvent]
  /// When the status endpoint was last asked about it after a restart.
  public var askedAt: Date?
  /// Until when a wait needs it, even if that is past the store's retention.
  public var wantedUntil: Date?
  /// The caller's note about it, such as the name of a job.
  public var label: String?
  /// What the caller attached to it: at most 8 KiB as JSON, see ``attach(_:)``.
  public private(set) var attachment: JSONValue?

  /// The right to send a delivery, held for a limited time.
  public struct Claim: Sendable, Hashable, Codable {
    /// The client that holds it.
    public var owner: String
    /// Whether the body may have begun to leave.
    public var isArmed: Bool
    /// When it ends.
    ///
    /// An armed claim then leaves an unclear send; any other can be taken over.
    public var leaseUntil: StoreInstant

    /// Creates a claim.
    public init(owner: String, isArmed: Bool, leaseUntil: StoreInstant) {
      self.owner = owner
      self.isArmed = isArmed
      self.leaseUntil = leaseUntil
    }
  }

  /// Smooven's refusal of one attempt.
  public struct Refusal: Sendable, Hashable, Codable {
    /// The number of the attempt.
    public var attempt: Int
    /// The HTTP status of the response.
    public var status: Int?
    /// The error code of the response, such as `invalid_recipient`.
    public var apiCode: String?
    /// The value of `X-Request-Id` in the response.
    public var requestID: String?
    /// The name of the ``SmoovenError/Code``.
    public var code: String
    /// What was wrong, for a person.
    ///
    /// Holds nothing that is secret or personal.
    public var message: String

    /// Creates a refusal.
    public init(
      attempt: Int,
      status: Int? = nil,
      apiCode: String? = nil,
      requestID: String? = nil,
      code: String,
      message: String
    ) {
      self.attempt = attempt
      self.status = status
      self.apiCode = apiCode
      self.requestID = requestID
      self.code = code
      self.message = message
    }
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
    self.token = token
    self.idempotencyKey = idempotencyKey
    self.group = group
    self.openedAt = openedAt
    self.fingerprint = fingerprint
    self.isCritical = isCritical
    self.ids = ids
    self.label = label
    attempt = 0
    milestones = []
  }

  /// Attaches a value, or removes the attachment.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest` if the value has more than 8 KiB as JSON, or holds a number that JSON
  ///   can't represent.
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

  /// The first id under which Smooven accepted it; `nil` while none is known.
  public var notificationID: String? { ids.first }

  /// Whether its verdict is still open.
  public var isPending: Bool { verdict == nil }
}
