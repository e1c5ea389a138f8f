internal import SmoovenCallbacks

import struct Foundation.Date

extension StoredDelivery {
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

  /// All of its values, by the names under which they are encoded.
  struct Content: Sendable, Hashable, Codable {
    let token: DeliveryToken
    let idempotencyKey: String?
    let group: String
    let openedAt: Date
    var fingerprint: String
    var isCritical: Bool
    var claim: Claim?
    var attempt: Int
    var notBefore: StoreInstant?
    var refusal: Refusal?
    var ids: [String]
    var verdict: DeliveryVerdict?
    var milestones: [CallbackEvent]
    var askedAt: Date?
    var wantedUntil: Date?
    var label: String?
    var attachment: JSONValue?
  }

  /// The object that all copies share.
  final class Box: Sendable {
    let content: Content

    init(_ content: Content) {
      self.content = content
    }
  }

  /// Reads the values of one.
  public init(from decoder: any Decoder) throws {
    box = Box(try Content(from: decoder))
  }

  /// Writes all values.
  public func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
  }

  /// Whether all values of two are equal.
  public static func == (left: StoredDelivery, right: StoredDelivery) -> Bool {
    left.content == right.content
  }

  /// Hashes all values.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(content)
  }
}
