internal import HTTPTypes
internal import SmoovenCallbacks

internal import struct Foundation.Date

// The checks before anything of a request takes up memory.
extension CallbackReceiver {
  /// The content of a verified request.
  enum Verified {
    case event(CallbackEvent)
    /// The events of a batch, and why the first of those that can't be taken is refused.
    case batch([CallbackEvent], CallbackRejection?)
    /// A service's check of the endpoint.
    case challenge(CallbackReply)
  }

  /// Returns the response to a service that checks an endpoint before it signs anything, or `nil` for any other
  /// request.
  func firstHandshake(
    _ request: CallbackRequest,
    _ target: CallbackTarget,
    at arrival: Date
  ) throws(CallbackRejection) -> CallbackResponse? {
    let reply: CallbackReply?
    do throws(VerificationError) {
      reply = try target.provider.handshake(beforeVerifying: request, at: arrival)
    } catch {
      throw .notVerified(error, target.provider.name)
    }
    guard let reply, target.authentication.admits(request, pathToken: target.pathText) else { return nil }
    return try CallbackResponse(reply, target.provider.name)
  }

  /// Refuses a compressed body with a 415 instead, after verification or decoding failed.
  ///
  /// Its signature covers other bytes, so it only seems to be wrong.
  private func checkEncoding(of request: CallbackRequest) throws(CallbackRejection) {
    guard let encoding = request.head.headerFields[.contentEncoding], !encoding.isEmpty,
      encoding.lowercased() != "identity"
    else { return }
    throw CallbackRejection(
      status: .unsupportedMediaType,
      reason: "content_encoding",
      message: "the body is compressed; have the sender send it as it is",
      headerFields: [.acceptEncoding: "identity"]
    )
  }

  /// Authenticates, verifies and decodes a request.
  ///
  /// Only a verified event may take up memory.
  func verified(
    _ request: CallbackRequest,
    _ target: CallbackTarget,
    at arrival: Date
  ) throws(CallbackRejection) -> Verified {
    let provider = target.provider
    guard target.authentication.admits(request, pathToken: target.pathText) else {
      throw CallbackRejection(
        status: .unauthorized,
        reason: "unauthenticated",
        message: "\(provider.name): no or wrong credentials",
        headerFields: target.authentication.challenge
      )
    }
    do {
      try provider.verify(request, at: arrival)
      if let reply = try provider.handshake(afterVerifying: request) { return .challenge(reply) }
      if let entries = try provider.decodeBatch(request) {
        return Self.batch(entries, target, at: arrival)
      }
      var event = try provider.decode(request)
      try provider.checkFreshness(of: event, at: arrival)
      event.note(target)
      return .event(event)
    } catch let error as VerificationError {
      if error.code == .noMatch { try checkEncoding(of: request) }
      throw .notVerified(error, provider.name)
    } catch {
      try checkEncoding(of: request)
      throw .notDecodable(
        (error as? CallbackDecodingError)?.description ?? "\(type(of: error))",
        provider.name
      )
    }
  }

  /// Separates the events of a batch from entries that can't be taken, which don't keep the rest from being stored.
  private static func batch(
    _ entries: [Result<CallbackEvent, CallbackDecodingError>],
    _ target: CallbackTarget,
    at arrival: Date
  ) -> Verified {
    let name = target.provider.name
    var events: [CallbackEvent] = []
    events.reserveCapacity(entries.count)
    var rejection: CallbackRejection?
    for (index, entry) in entries.enumerated() {
      switch entry {
      case .success(var event):
        do throws(VerificationError) {
          try target.provider.checkFreshness(of: event, at: arrival)
          event.note(target)
          events.append(event)
        } catch {
          rejection = rejection ?? .notVerified(error, name)
        }
      case .failure(let error):
        let place = "entry \(index + 1) of \(entries.count)"
        rejection = rejection ?? .notDecodable("\(place): \(error)", name)
      }
    }
    return .batch(events, rejection)
  }
}

extension CallbackEvent {
  /// Records the endpoint and the group at which the event was received.
  ///
  /// It does so in place, because an event with another owner would be copied.
  fileprivate mutating func note(_ target: CallbackTarget) {
    endpoint = target.endpoint
    group = target.group
  }
}

extension CallbackResponse {
  /// Creates the response that contains a reply.
  ///
  /// - Throws: ``CallbackRejection`` if the reply is too long, because what a service wants to have repeated is short.
  init(_ reply: CallbackReply, _ provider: String) throws(CallbackRejection) {
    guard reply.body.count <= CallbackReply.maximumSize else {
      throw .notDecodable("the challenge has more than \(CallbackReply.maximumSize) bytes", provider)
    }
    let fields: HTTPFields = [
      .contentType: reply.contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
    ]
    self.init(head: HTTPResponse(status: .ok, headerFields: fields), body: reply.body)
  }
}

extension CallbackRejection {
  fileprivate static func notVerified(_ error: VerificationError, _ provider: String) -> CallbackRejection {
    CallbackRejection(
      status: .unauthorized,
      reason: error.code.rawValue,
      message: "\(provider): \(error)",
      age: error.age
    )
  }

  fileprivate static func notDecodable(_ detail: String, _ provider: String) -> CallbackRejection {
    CallbackRejection(status: .badRequest, reason: "not_decodable", message: "\(provider): \(detail)")
  }
}
