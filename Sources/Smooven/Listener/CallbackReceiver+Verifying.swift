internal import HTTPTypes
internal import SmoovenCallbacks

internal import struct Foundation.Date

// What is checked before anything of a request takes room.
extension CallbackReceiver {
  /// What a verified request is.
  enum Verified {
    case event(CallbackEvent)
    case batch([CallbackEvent])
    /// The service checks the endpoint.
    case challenge(CallbackReply)
  }

  /// The response to a service that checks an endpoint before it signs anything; `nil` for any other request.
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

  /// Refuses a compressed body as what it is, if it was refused: its signature is over other bytes, and seems to be wrong.
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

  /// Authenticates, verifies and decodes.
  ///
  /// Only a verified event may take room.
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
      if let events = try provider.decodeBatch(request) {
        return .batch(
          try events.map { event in
            try provider.checkFreshness(of: event, at: arrival)
            var event = event
            event.note(target)
            return event
          }
        )
      }
      var event = try provider.decode(request)
      try provider.checkFreshness(of: event, at: arrival)
      event.note(target)
      return .event(event)
    } catch let error as VerificationError {
      try checkEncoding(of: request)
      throw .notVerified(error, provider.name)
    } catch {
      try checkEncoding(of: request)
      throw .notDecodable(
        (error as? CallbackDecodingError)?.description ?? "\(type(of: error))",
        provider.name
      )
    }
  }
}

extension CallbackEvent {
  /// Records the endpoint and the group at which it was received.
  ///
  /// In place, because an event with another owner would be copied.
  fileprivate mutating func note(_ target: CallbackTarget) {
    endpoint = target.endpoint
    group = target.group
  }
}

extension CallbackResponse {
  /// The response that carries a reply.
  ///
  /// - Throws: ``CallbackRejection`` if it's too long: what a service wants to have repeated is short.
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
    CallbackRejection(status: .unauthorized, reason: error.code.rawValue, message: "\(provider): \(error)")
  }

  fileprivate static func notDecodable(_ detail: String, _ provider: String) -> CallbackRejection {
    CallbackRejection(status: .badRequest, reason: "not_decodable", message: "\(provider): \(detail)")
  }
}
