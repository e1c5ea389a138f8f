public import struct Foundation.Date

/// A system that sends callbacks: how to verify and to read them.
///
/// Both steps are pure: no clock, no I/O, no state, so they may run on an event loop. ``event(from:at:)`` does all
/// three checks in their order; call the single steps only to tell their errors apart.
public protocol CallbackProvider: Sendable {
  /// The provider's name, as it stands in callback paths and events: lower case, no slash.
  var name: String { get }

  /// Whether a request proves by itself who sent it.
  ///
  /// A listener mounts a provider for which this is `false` only with some authentication. `true` by default.
  var isSigned: Bool { get }

  /// Checks that the request comes from the provider, over the raw bytes of its body.
  ///
  /// - Parameters:
  ///   - request: The request as received.
  ///   - now: The time to judge a signed timestamp header by.
  /// - Returns: Which secret matched.
  /// - Throws: ``VerificationError``; the listener answers 401.
  @discardableResult
  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification

  /// Reads a verified request.
  ///
  /// - Throws: ``CallbackDecodingError``; the listener answers 400.
  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent

  /// Judges the age of an event whose signed time stands in its body. Does nothing by default, which suits schemes
  /// that sign a timestamp header.
  ///
  /// - Throws: ``VerificationError`` with `tooOld` or `tooNew`; the listener answers 401.
  func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError)
}

extension CallbackProvider {
  /// Yes.
  public var isSigned: Bool { true }

  /// Accepts any age.
  public func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError) {}

  /// Verifies a request, reads it and judges its age.
  ///
  /// - Throws: ``VerificationError`` or ``CallbackDecodingError``.
  public func event(from request: CallbackRequest, at now: Date = Date()) throws -> CallbackEvent {
    try verify(request, at: now)
    let event = try decode(request)
    try checkFreshness(of: event, at: now)
    return event
  }
}
