internal import SmoovenCallbacks
internal import SmoovenSupport

/// A courier that plays stories and retries callbacks in the background.
///
/// Its work waits in a queue for ``run(sender:)``.
struct CallbackCourier: Sendable {
  private enum Work: Sendable {
    case story(NotificationRecord)
    case player(JSONValue, url: String)
    case retry(OutgoingCallback)
    case again(OutgoingCallback, number: Int)
  }

  private let configuration: SandboxConfiguration
  private let records: Watched<SandboxRecords>
  private let queue: AsyncStream<Work>
  private let entrance: AsyncStream<Work>.Continuation
  private static let retryDelays: [Duration] = [.seconds(5), .seconds(30), .seconds(120)]

  init(configuration: SandboxConfiguration, records: Watched<SandboxRecords>) {
    self.configuration = configuration
    self.records = records
    (queue, entrance) = AsyncStream.makeStream()
  }

  /// Stores a notification and begins its story.
  func accept(_ record: NotificationRecord) {
    records.update { $0.accept(record) }
    entrance.yield(.story(record))
  }

  /// Sends a callback once more.
  func redeliver(_ callback: OutgoingCallback, number: Int) {
    records.update { $0.unfinished += 1 }
    entrance.yield(.again(callback, number: number))
  }

  /// Sends a player's event to the default URL, if any.
  func announce(_ player: PlayerRecord, isNew: Bool) {
    guard let url = configuration.defaultCallbackURL else { return }
    records.update { $0.unfinished += 1 }
    entrance.yield(.player(player.payload(isNew: isNew), url: url))
  }

  /// Works until the task is cancelled, with a child task for each story and each retried callback.
  func run(sender: CallbackSender) async {
    await withDiscardingTaskGroup { group in
      for await work in queue {
        group.addTask {
          // Failures are recorded, so the only error that gets here is a cancellation.
          try? await self.perform(work, sender: sender)
          records.update { $0.unfinished -= 1 }
        }
      }
    }
  }

  private func perform(_ work: Work, sender: CallbackSender) async throws {
    switch work {
    case .story(let record):
      defer { records.update { $0.finishStory(record.id) } }
      try await tell(record, sender: sender)
    case .player(let payload, let url):
      try await deliver(OutgoingCallback(payload, to: url, secret: configuration.secretKey), sender: sender)
    case .retry(let callback):
      try await retry(callback, sender: sender)
    case .again(let callback, let number):
      _ = try await sender.send(callback, number: number)
    }
  }

  private func tell(_ record: NotificationRecord, sender: CallbackSender) async throws {
    let url = record.request.callbackURL ?? configuration.defaultCallbackURL
    var callbacks: [OutgoingCallback] = []
    for step in record.story.steps {
      try await configuration.pause(configuration.stepDelay)
      let now = configuration.now()
      let payload = records.update { $0.advance(record.id, step, at: now) }
      guard let payload, let url, step.sending != .never else { continue }
      let callback = try OutgoingCallback(
        payload,
        to: url,
        secret: configuration.secretKey,
        isForged: step.sending == .forged
      )
      callbacks += step.sending == .twice ? [callback, callback] : [callback]
      guard !record.story.isSentInReverse else { continue }
      for callback in callbacks { try await deliver(callback, sender: sender) }
      callbacks = []
    }
    for callback in callbacks.reversed() { try await deliver(callback, sender: sender) }
    if let visit = record.story.visit {
      try await configuration.pause(configuration.stepDelay)
      try await LinkVisitor(client: sender.client, logger: sender.logger).visit(record.request, visit)
    }
  }

  /// Sends a callback for the first time.
  ///
  /// The next one may follow whether or not the receiver accepts it, because a retry doesn't delay other callbacks.
  private func deliver(_ callback: OutgoingCallback, sender: CallbackSender) async throws {
    let attempt = try await sender.send(callback, number: 1)
    guard !attempt.isAccepted, !callback.isForged else { return }
    records.update { $0.unfinished += 1 }
    entrance.yield(.retry(callback))
  }

  private func retry(_ callback: OutgoingCallback, sender: CallbackSender) async throws {
    for (index, delay) in Self.retryDelays.enumerated() {
      try await configuration.pause(delay)
      let attempt = try await sender.send(callback, number: index + 2)
      if attempt.isAccepted { return }
      if index == Self.retryDelays.count - 1 { records.update { $0.failedDeliveries.append(attempt) } }
    }
  }
}
