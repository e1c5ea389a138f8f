public import HTTPTypes

public import struct Foundation.Date

/// A provider whose callbacks are signed, and which can sign as its service does.
///
/// It names its ``signature``, and gets verification, tolerance and signing from that. Here, the service sends the HMAC
/// of the body in a header. ``CallbackProvider`` shows the whole type:
///
/// ```swift
/// init(secrets: [Secret]) throws {
///   let header = HTTPField.Name("X-Parcel-Signature") ?? .authorization
///   let secrets = try SigningSecrets(secrets, provider: name, expectation: "the shop's webhook secret")
///   signature = BodySignature(header: header, secrets: secrets)
/// }
/// ```
public protocol SigningCallbackProvider: CallbackProvider {
  /// The type of the signature scheme.
  associatedtype Signature: SignatureScheme

  /// The scheme with which the service signs, and the secrets.
  var signature: Signature { get }

  /// Returns the header fields that authenticate a body, signed with the first secret.
  ///
  /// Signing is for sandboxes, tests and tools.
  ///
  /// - Parameters:
  ///   - body: The body exactly as it will be sent.
  ///   - id: The message's id, for schemes that sign one.
  ///   - now: The time to sign, for schemes that sign one.
  /// - Returns: The header fields.
  func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields
}

extension SigningCallbackProvider {
  /// The tolerance of the signature scheme.
  public var tolerance: TimestampTolerance? { signature.tolerance }

  /// Checks the signature with the scheme.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    try signature.verify(request, at: now)
  }

  /// Signs with the scheme.
  public func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields {
    signature.sign(body, id: id, at: now)
  }
}
