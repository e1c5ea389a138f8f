internal import Smooven

internal import struct Foundation.Date

/// The findings of `verify` about a request.
struct VerifyReport: Encodable {
  /// Whether a listener would accept it.
  var verified = false
  /// `valid`, `invalid` or `none`.
  var signature = "invalid"
  /// The secret that matched, from 1.
  var secret: Int?
  var signedAt: Date?
  /// The reason if it isn't verified, as a listener counts it.
  var code: String?
  var message: String?
  /// The advice, for a person.
  var hints: [String] = []
  var events: [CallbackEvent] = []

  var isSignatureValid: Bool { signature == "valid" }

  private enum CodingKeys: String, CodingKey {
    case verified, signature, secret
    case signedAt = "signed_at"
    case code, message, hints, events
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(verified, forKey: .verified)
    try container.encode(signature, forKey: .signature)
    try container.encode(secret, forKey: .secret)
    try container.encode(signedAt.map(RFC3339.format), forKey: .signedAt)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encode(hints, forKey: .hints)
    let lines = events.map { event in
      var line: [UInt8] = []
      event.writeLine(to: &line)
      return line
    }
    try container.encode(lines.compactMap { try? JSONValue(parsing: $0) }, forKey: .events)
  }
}

extension VerifyReport {
  /// Verifies a request as a listener does.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - known: The provider.
  ///   - secrets: Its secrets.
  ///   - now: The time to judge its age by.
  /// - Throws: `CallbackConfigurationError` if a secret can't be one.
  init(_ request: CallbackRequest, from known: KnownProvider, secrets: [Secret], at now: Date) throws {
    let provider = try known.provider(secrets)
    do {
      secret = (try provider.verify(request, at: now).secretIndex ?? 0) + 1
      signature = "valid"
      signedAt = Self.signedTime(of: request, by: provider)
      if try provider.handshake(afterVerifying: request) != nil {
        verified = true
        hints = ["it's a challenge, to which a listener replies, and no event"]
        return
      }
      events = try provider.decodeBatch(request)?.map { try $0.get() } ?? [try provider.decode(request)]
      signedAt = signedAt ?? events.first?.signedAt
      for event in events { try provider.checkFreshness(of: event, at: now) }
      verified = true
    } catch let error as VerificationError {
      (code, message) = (error.code.rawValue, error.message)
      if error.code == .tooOld || error.code == .tooNew {
        noteAge(of: request, provider)
      } else if error.code == .noMatch {
        hints =
          SignatureDiagnosis(of: request, secrets: secrets, at: now) {
            try? known.provider($0)
          }
          .hints
      }
    } catch let error as CallbackDecodingError {
      (code, message) = ("not_decodable", "\(error)")
      hints = [
        "the signature is right, and the body isn't an event of \(known.name): a listener responds with 400",
        "is it meant for another endpoint, or does another --provider name its sender?",
      ]
    }
  }

  /// The signature is checked before the age, so it's right.
  private mutating func noteAge(of request: CallbackRequest, _ provider: any CallbackProvider) {
    signature = "valid"
    signedAt = signedAt ?? Self.signedTime(of: request, by: provider)
    hints = ["the signature is right; only its age is not"]
    guard let signedAt else { return }
    if let verification = try? provider.verify(request, at: signedAt) {
      secret = (verification.secretIndex ?? 0) + 1
    }
    hints.append(
      "it was signed at \(RFC3339.format(signedAt)): to judge it by that time, add --at \(RFC3339.format(signedAt))"
    )
  }

  private static func signedTime(of request: CallbackRequest, by provider: any CallbackProvider) -> Date? {
    guard let signing = provider as? any SigningCallbackProvider else { return nil }
    return signing.signature.signedTime(of: request)
  }
}
