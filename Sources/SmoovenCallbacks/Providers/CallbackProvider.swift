public import struct Foundation.Date

/// A system that sends callbacks: how to verify and to read them.
///
/// Both steps are pure, without clock, I/O or state, so they may run on an event loop. ``event(from:at:)`` performs all
/// three checks in order. Call the single steps only to distinguish their errors.
///
/// To write one, adopt ``SigningCallbackProvider`` if the service signs with one of the usual schemes, or
/// ``UnsignedCallbackProvider`` if it does not sign. Both leave only ``name`` and ``decode(_:)`` to write. What
/// `decode` reads comes from the network: it must refuse what it cannot read, never trap on it, and never take it for
/// a delivery.
public protocol CallbackProvider: Sendable {
  /// The provider's name in callback paths and events, in lower case and without a slash.
  var name: String { get }

  /// Whether a request itself proves who sent it. Defaults to `true`.
  ///
  /// If it is `false`, a listener mounts the provider only with some authentication.
  var isSigned: Bool { get }

  /// The maximum distance of a signed time from now, or `nil` if the service signs no time. Defaults to `nil`.
  ///
  /// A store has to remember events for as long as this, or a captured request could be sent again.
  var tolerance: TimestampTolerance? { get }

  /// Checks that the request comes from the provider, over the raw bytes of its body.
  ///
  /// - Parameters:
  ///   - request: The request as received.
  ///   - now: The time by which a signed timestamp header is judged.
  /// - Returns: Which secret matched.
  /// - Throws: ``VerificationError``. The listener responds with 401.
  @discardableResult
  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification

  /// Reads a verified request.
  ///
  /// If the service signs a time, the event's ``CallbackEvent/signedAt`` is that time. If nothing in the body
  /// distinguishes two events, neither an id nor a time, the event has a ``CallbackEvent/deduplicationWindow``.
  ///
  /// - Throws: ``CallbackDecodingError``. The listener responds with 400.
  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent

  /// Reads a verified request that may hold several events, such as a batch.
  ///
  /// They're stored in one commit and get one response. A request without events, an empty list, gets a 200 too.
  ///
  /// - Returns: The events; `nil`, the default, if a request always holds one, which ``decode(_:)`` reads.
  /// - Throws: ``CallbackDecodingError``. The listener responds with 400, and nothing is stored.
  func decodeBatch(_ request: CallbackRequest) throws(CallbackDecodingError) -> [CallbackEvent]?

  /// Replies to a request by which the service checks an endpoint before it signs anything, of any method.
  ///
  /// Called before anything is verified, so the provider must check a secret of the request itself: an endpoint that
  /// echoes what it's sent helps attackers.
  ///
  /// - Returns: The reply; `nil`, the default, if the request isn't such a check.
  /// - Throws: ``VerificationError``. The listener responds with 401.
  func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply?

  /// Replies to a verified request that is a challenge and not an event.
  ///
  /// - Returns: The reply; `nil`, the default, if the request isn't a challenge.
  /// - Throws: ``CallbackDecodingError``. The listener responds with 400.
  func handshake(afterVerifying request: CallbackRequest) throws(CallbackDecodingError) -> CallbackReply?

  /// Judges the age of an event whose signed time is in its body.
  ///
  /// The default accepts any age, which suits schemes that sign a timestamp header.
  ///
  /// - Throws: ``VerificationError`` with `tooOld` or `tooNew`. The listener responds with 401.
  func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError)
}

extension CallbackProvider {
  /// Signed.
  public var isSigned: Bool { true }

  /// Signs no time.
  public var tolerance: TimestampTolerance? { nil }

  /// Accepts any age.
  public func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError) {}

  /// A request holds one event.
  public func decodeBatch(_ request: CallbackRequest) throws(CallbackDecodingError) -> [CallbackEvent]? {
    nil
  }

  /// There's no such check.
  public func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply? {
    nil
  }

  /// There are no challenges.
  public func handshake(
    afterVerifying request: CallbackRequest
  ) throws(CallbackDecodingError) -> CallbackReply? {
    nil
  }

  /// Verifies a request, reads all of its events and judges their age.
  ///
  /// - Throws: ``VerificationError`` or ``CallbackDecodingError``.
  public func events(from request: CallbackRequest, at now: Date = Date()) throws -> [CallbackEvent] {
    try verify(request, at: now)
    let events = try decodeBatch(request) ?? [try decode(request)]
    for event in events { try checkFreshness(of: event, at: now) }
    return events
  }

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
