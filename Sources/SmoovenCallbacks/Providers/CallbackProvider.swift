public import struct Foundation.Date

/// A type that verifies and decodes the callbacks of one system.
///
/// ```swift
/// struct ParcelProvider: SigningCallbackProvider {
///   let name = "parcel"
///   let signature: BodySignature
///
///   init(secrets: [Secret]) throws {
///     let header = HTTPField.Name("X-Parcel-Signature") ?? .authorization
///     let secrets = try SigningSecrets(secrets, provider: name, expectation: "the shop's webhook secret")
///     signature = BodySignature(header: header, secrets: secrets)
///   }
///
///   func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
///     let payload = try request.jsonObject()
///     let state = try payload.requiredString("state")
///     let kinds: [String: CallbackEvent.Kind] = [
///       "handed_over": .delivered, "lost": .failed, "on_its_way": .sent,
///     ]
///     return CallbackEvent(
///       provider: name,
///       name: "parcel.\(state)",
///       kind: kinds[state] ?? .other,
///       correlationIDs: [try payload.requiredString("parcel")],
///       deduplicationKey: request.bodyDigest,
///       payload: payload,
///       rawBody: request.body
///     )
///   }
/// }
/// ```
///
/// To write a provider, adopt ``SigningCallbackProvider`` if the service signs with one of the usual schemes,
/// or ``UnsignedCallbackProvider`` if it doesn't sign. Both leave only ``name`` and ``decode(_:)`` to write.
/// The input of `decode` comes from the network, so refuse anything that you can't read, never trap on it, and
/// never report it as a delivery.
///
/// Both steps are pure, without clock, I/O or state, so they may run on an event loop. ``event(from:at:)``
/// verifies, decodes and checks freshness, in that order. Call the single steps only to distinguish their
/// errors.
public protocol CallbackProvider: Sendable {
  /// The provider's name in callback paths and events, in lower case and without a slash.
  var name: String { get }

  /// Whether a request itself proves who sent it. Defaults to `true`.
  ///
  /// If this is `false`, a listener mounts the provider only with some authentication.
  var isSigned: Bool { get }

  /// The maximum difference between a signed time and now, or `nil` if the service doesn't sign a time.
  /// Defaults to `nil`.
  ///
  /// A store has to remember events for this long, or a captured request could be replayed.
  var tolerance: TimestampTolerance? { get }

  /// Checks that the request comes from the provider, over the raw bytes of its body.
  ///
  /// - Parameters:
  ///   - request: The request as received.
  ///   - now: The time by which a signed timestamp header is judged.
  /// - Returns: The secret that matched.
  /// - Throws: ``VerificationError``. The listener responds with 401.
  @discardableResult
  func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification

  /// Reads a verified request.
  ///
  /// If the service signs a time, the event's ``CallbackEvent/signedAt`` is that time. If nothing in the body
  /// distinguishes two events, neither an id nor a time, the event has a
  /// ``CallbackEvent/deduplicationWindow``.
  ///
  /// - Throws: ``CallbackDecodingError``. The listener responds with 400.
  func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent

  /// Reads a verified request that may hold several events, such as a batch.
  ///
  /// The events are stored in one commit and get one response. A request without events, for which this
  /// returns an empty list, gets a 200 too. If an entry can't be read or is too old, the listener stores all
  /// others and responds with 400 or 401, because a 200 would say that it has everything. When the service
  /// retries, what is stored is a duplicate.
  ///
  /// ```swift
  /// return entries.map { entry in
  ///   Result { () throws(CallbackDecodingError) in try event(of: entry) }
  /// }
  /// ```
  ///
  /// - Returns: Each entry as an event or as the reason why it can't be read; or `nil`, the default, if a
  ///   request always holds one event, which ``decode(_:)`` reads.
  /// - Throws: ``CallbackDecodingError`` if the request isn't a batch. The listener responds with 400, and
  ///   stores nothing.
  func decodeBatch(
    _ request: CallbackRequest
  ) throws(CallbackDecodingError) -> [Result<CallbackEvent, CallbackDecodingError>]?

  /// Replies to a request with which the service checks an endpoint before it signs anything.
  ///
  /// The request may have any method. This function is called before anything is verified, so the provider
  /// must check a secret in the request itself. An endpoint that echoes what it receives helps attackers.
  ///
  /// - Returns: The reply, or `nil`, the default, if the request isn't such a check.
  /// - Throws: ``VerificationError``. The listener responds with 401.
  func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply?

  /// Replies to a verified request that is a challenge rather than an event.
  ///
  /// - Returns: The reply, or `nil`, the default, if the request isn't a challenge.
  /// - Throws: ``CallbackDecodingError``. The listener responds with 400.
  func handshake(afterVerifying request: CallbackRequest) throws(CallbackDecodingError) -> CallbackReply?

  /// Checks the age of an event whose signed time is in its body.
  ///
  /// The default implementation accepts any age, which suits schemes that sign a timestamp header.
  ///
  /// - Throws: ``VerificationError`` with `tooOld` or `tooNew`. The listener responds with 401.
  func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError)
}

extension CallbackProvider {
  /// Returns `true`.
  public var isSigned: Bool { true }

  /// Returns `nil`, because the service doesn't sign a time.
  public var tolerance: TimestampTolerance? { nil }

  /// Accepts any age.
  public func checkFreshness(of event: CallbackEvent, at now: Date) throws(VerificationError) {}

  /// Returns `nil`, because a request holds one event.
  public func decodeBatch(
    _ request: CallbackRequest
  ) throws(CallbackDecodingError) -> [Result<CallbackEvent, CallbackDecodingError>]? {
    nil
  }

  /// Returns `nil`, because the service makes no such check.
  public func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply? {
    nil
  }

  /// Returns `nil`, because the service sends no challenges.
  public func handshake(
    afterVerifying request: CallbackRequest
  ) throws(CallbackDecodingError) -> CallbackReply? {
    nil
  }

  /// Verifies a request, reads all of its events and checks their age.
  ///
  /// - Throws: ``VerificationError`` or ``CallbackDecodingError``, also if only one of the events is wrong.
  public func events(from request: CallbackRequest, at now: Date = Date()) throws -> [CallbackEvent] {
    try verify(request, at: now)
    let events = try decodeBatch(request)?.map { try $0.get() } ?? [try decode(request)]
    for event in events { try checkFreshness(of: event, at: now) }
    return events
  }

  /// Verifies a request, reads its event and checks the event's age.
  ///
  /// - Throws: ``VerificationError`` or ``CallbackDecodingError``.
  public func event(from request: CallbackRequest, at now: Date = Date()) throws -> CallbackEvent {
    try verify(request, at: now)
    let event = try decode(request)
    try checkFreshness(of: event, at: now)
    return event
  }
}
