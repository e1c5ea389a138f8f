internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import SmoovenSupport

extension SandboxAPI {
  /// Handles `POST /v1/agent/notify`, and returns `nil` to cut the connection.
  func notify(_ bytes: [UInt8]) async throws -> HTTPServerResponse? {
    let request: NotifyRequest
    do {
      request = try NotifyRequest(try .requestBody(bytes))
    } catch {
      records.update { $0.countNotifyRequest(for: nil) }
      throw error
    }
    records.update { $0.countNotifyRequest(for: request.recipient) }
    let story = request.story
    try refuseIfOverloaded()
    try refuse(request, as: story)
    let record = NotificationRecord(
      id: Identifier.make("ntf"),
      request: request,
      story: story,
      createdAt: configuration.now(),
      size: bytes.count
    )
    let activity = SandboxActivity.accepted(
      id: record.id,
      channel: record.channelUsed,
      script: SandboxScript(recipient: request.recipient),
      hasCallbackURL: (request.callbackURL ?? configuration.defaultCallbackURL) != nil,
      at: record.createdAt
    )
    records.update { $0.note(activity) }
    courier.accept(record)
    switch story.answer {
    case .cutConnection:
      return nil
    case .serverError:
      throw APIError.internalError
    case .acceptedAfterCallbacks:
      _ = try await records.first { $0.notification(record.id).map(\.isTold) ?? true ? true : nil }
    case .accepted, .busyOnce, .invalidRecipient:
      break
    }
    return try response([
      "success": true, "notification_id": .string(record.id),
      "channel_used": .string(record.channelUsed.rawValue), "status": "queued",
      "timestamp": .string(RFC3339.format(record.createdAt)),
    ])
  }

  /// Handles `GET /v1/status/{id}`.
  func status(of id: String) throws -> HTTPServerResponse {
    guard let record = records.read({ $0.notification(id) }) else {
      throw APIError.notFound("notification_not_found", "there is no notification of this id")
    }
    return try response(record.statusBody)
  }

  /// Refuses what would add to more work than is remembered.
  func refuseIfOverloaded() throws(APIError) {
    guard records.read(\.isOverloaded) else { return }
    throw .busy("too many notifications are under way")
  }

  private func refuse(_ request: NotifyRequest, as story: SandboxStory) throws(APIError) {
    if story.answer == .invalidRecipient {
      throw .badRequest("invalid_recipient", "the recipient cannot be reached on any channel")
    }
    guard story.answer == .busyOnce else { return }
    let text = request.intent ?? request.body["message"]?.stringValue ?? ""
    guard records.update({ $0.isFirst("\(request.recipient)\n\(text)") }) else { return }
    throw .busy("too many requests")
  }
}

extension APIError {
  fileprivate static func busy(_ reason: String) -> APIError {
    APIError(
      status: .tooManyRequests,
      code: "rate_limited",
      message: "\(reason); try again in 1 second",
      headerFields: [.retryAfter: "1"]
    )
  }
}
