import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

/// The five other providers, with what a test needs to create, sign and send their callbacks.
///
/// Signatures are computed here, from the documented schemes, and not by the providers.
enum SampleProvider: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case notificationAPI = "notificationapi"
  case pingram
  case smartlyQ = "smartlyq"
  case smobi
  case standardWebhooks = "standardwebhooks"

  static let signed: [SampleProvider] = [.pingram, .smartlyQ, .standardWebhooks]
  /// The providers that sign the id, the time and the body in three headers.
  static let threeHeaders: [SampleProvider] = [.pingram, .standardWebhooks]

  /// 2026-03-02T14:30:00Z.
  static let now = Date(timeIntervalSince1970: 1_772_461_800)
  static let messageID = "msg_1"

  var testDescription: String { rawValue }

  var secretText: String {
    switch self {
    case .pingram: "pingram_whsecret_4f9b2c7d1e8a"
    case .standardWebhooks: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    default: "whk_4f9b2c7d1e8a"
    }
  }

  var otherSecretText: String {
    switch self {
    case .pingram: "pingram_whsecret_4f9b2c7d1e8b"
    case .standardWebhooks: "whsec_b3RoZXIgc2VjcmV0IG9mIHR3ZW50eSBieXRlcw=="
    default: "whk_4f9b2c7d1e8b"
    }
  }

  func provider() throws -> any CallbackProvider {
    try provider([Secret(secretText, label: "current")])
  }

  func provider(
    _ secrets: [Secret],
    tolerance: TimestampTolerance = .standard
  ) throws -> any CallbackProvider {
    switch self {
    case .notificationAPI: NotificationAPICallbackProvider()
    case .pingram: try PingramCallbackProvider(secrets: secrets, tolerance: tolerance)
    case .smartlyQ: try SmartlyQCallbackProvider(secrets: secrets, tolerance: tolerance)
    case .smobi: SmobiCallbackProvider()
    case .standardWebhooks: try StandardWebhooksCallbackProvider(secrets: secrets, tolerance: tolerance)
    }
  }

  func decode(_ body: String) throws -> CallbackEvent {
    try provider().decode(request(Array(body.utf8), signature: nil))
  }
}

extension SampleProvider {
  var signatureHeader: String {
    switch self {
    case .pingram: "X-Pingram-Signature"
    case .smartlyQ: "X-SmartlyQ-Signature"
    default: "webhook-signature"
    }
  }

  var idHeader: String { self == .pingram ? "X-Pingram-Id" : "webhook-id" }
  var timestampHeader: String { self == .pingram ? "X-Pingram-Timestamp" : "webhook-timestamp" }

  /// Returns a time as the sender writes it.
  func timestamp(_ date: Date) -> String {
    "\(Int64(date.timeIntervalSince1970 * (self == .pingram ? 1_000 : 1)))"
  }

  /// Returns the code over a body, in the encoding of the scheme.
  func code(of body: [UInt8], time: String, id: String = messageID, secret: String? = nil) -> String {
    let text = secret ?? secretText
    let key = self == .standardWebhooks ? Data(base64Encoded: String(text.dropFirst(6))) : Data(text.utf8)
    let prefix = self == .smartlyQ ? "\(time)." : "\(id).\(time)."
    let code = HMACSHA256Key(bytes: Array(key ?? Data())).signature(of: [Array(prefix.utf8), body])
    return self == .standardWebhooks ? Data(code).base64EncodedString() : Hex.encode(code)
  }

  /// Returns the signature header around one code.
  func signature(_ code: String, time: String) -> String {
    self == .smartlyQ ? "t=\(time),v1=\(code)" : "v1,\(code)"
  }

  /// Returns a request with a given signature header, or without one.
  ///
  /// An unsigned provider has none of the headers.
  func request(
    _ body: [UInt8],
    signature: String?,
    time: String? = nil,
    id: String = messageID
  ) -> CallbackRequest {
    var request = CallbackRequest(
      head: HTTPRequest(method: .post, scheme: "https", authority: "a.example", path: "/callbacks/x"),
      body: body
    )
    guard Self.signed.contains(self) else { return request }
    request.set(signatureHeader, to: signature.map { [$0] } ?? [])
    guard self != .smartlyQ else { return request }
    request.set(idHeader, to: [id])
    request.set(timestampHeader, to: [time ?? timestamp(Self.now)])
    return request
  }

  /// Returns a request that is signed as the provider's service signs it.
  func signedRequest(_ body: [UInt8], at date: Date = now, secret: String? = nil) -> CallbackRequest {
    let time = timestamp(date)
    let code = code(of: body, time: time, secret: secret)
    return request(body, signature: signature(code, time: time), time: time)
  }
}

extension CallbackRequest {
  /// Sets a header by its name.
  ///
  /// Several values are several header lines.
  mutating func set(_ header: String, to values: [String]) {
    guard let name = HTTPField.Name(header) else {
      Issue.record("\(header) is no header name")
      return
    }
    head.headerFields[values: name] = values
  }
}

extension CallbackProvider {
  /// Returns why a request is refused, or `nil` if it's accepted.
  func refusal(of request: CallbackRequest, at now: Date = SampleProvider.now) -> VerificationError? {
    do {
      try verify(request, at: now)
      return nil
    } catch {
      return error
    }
  }
}
