internal import SmoovenCallbacks

internal import struct Foundation.Date

extension StoredDelivery {
  /// The right to send a delivery, held for a limited time.
  public struct Claim: Sendable, Hashable, Codable {
    /// The call that holds the claim.
    public var owner: String
    /// Whether sending the body may have begun.
    public var isArmed: Bool
    /// The time at which the claim ends.
    ///
    /// An armed claim then leaves an unclear send, and any other claim can be taken over.
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
    /// A human-readable description of the problem.
    ///
    /// It contains nothing secret or personal.
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

  /// All values of a delivery, by the names under which they're encoded.
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
    var trace: [String: String]?
  }

  /// The object that all copies share.
  final class Box: Sendable {
    let content: Content

    init(_ content: Content) {
      self.content = content
    }
  }

  /// Decodes a delivery.
  public init(from decoder: any Decoder) throws {
    box = Box(try Content(from: decoder))
  }

  /// Encodes all values.
  public func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
  }

  /// Returns whether all values of two deliveries are equal.
  public static func == (left: StoredDelivery, right: StoredDelivery) -> Bool {
    left.content == right.content
  }

  /// Hashes all values.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(content)
  }
}
