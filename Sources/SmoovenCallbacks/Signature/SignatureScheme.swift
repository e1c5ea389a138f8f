public import HTTPTypes

public import struct Foundation.Date

/// The scheme with which a service signs its callbacks.
///
/// A provider names its scheme in ``SigningCallbackProvider/signature``. The three common schemes are
/// ``BodySignature``, ``TimestampedSignature`` and ``MessageSignature``. A custom scheme is a value that
/// holds prepared ``SigningSecrets``. It reads its header fields, compares codes in constant time, and keeps
/// header values out of its errors.
public protocol SignatureScheme: Sendable {
  /// The maximum difference between a signed time and now, or `nil` if the scheme signs none.
  var tolerance: TimestampTolerance? { get }

  /// Checks the signature over the raw bytes of the body, then the age of the signed time, if any.
  ///
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError``, whose code says which check failed.
  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification

  /// Returns the time that was signed, or `nil` if the scheme doesn't sign a time or the time can't be read.
  ///
  /// It's called after ``verify(_:at:)`` has accepted the request.
  func signedTime(of request: CallbackRequest) -> Date?

  /// Returns the header fields that authenticate a body, for sandboxes, tests and tools.
  ///
  /// - Parameters:
  ///   - body: The body exactly as it will be sent.
  ///   - id: The message's id, for schemes that sign one.
  ///   - now: The time to sign, for schemes that sign one.
  /// - Returns: The header fields.
  func sign(_ body: [UInt8], id: String, at now: Date) -> HTTPFields
}

extension SignatureScheme {
  /// Returns `nil`, because the scheme doesn't sign a time.
  public var tolerance: TimestampTolerance? { nil }

  /// Returns `nil`, because the scheme doesn't sign a time.
  public func signedTime(of request: CallbackRequest) -> Date? { nil }
}
