internal import SmoovenCallbacks

extension SmoovenClient {
  /// Notifies one person after the other, until someone is reached.
  ///
  /// The next step begins when the one before it has failed, or has had no success for its
  /// ``EscalationStep/advanceAfter``. Earlier steps stay open, and the first message that reaches its goal ends the
  /// escalation. Once the store knows of that, no message is sent anymore. Messages that were already sent can't be
  /// taken back.
  ///
  /// Each message is sent under the key, U+001F and its number. So with a durable store, a call under the same key
  /// after a restart continues where the last one stopped: it repeats no step and forgets none, and the deadline is that of
  /// the first call. See <doc:Escalating>.
  ///
  /// Cancelling ends the wait, but doesn't affect what was sent.
  ///
  /// - Parameters:
  ///   - policy: The steps, and the time for all of them.
  ///   - idempotencyKey: The caller's name for this escalation, 1 to 150 bytes. Defaults to `nil`, which means a new
  ///     key, so that nothing continues after a restart.
  ///   - runs: The code of the steps that run code, by name. Defaults to none.
  /// - Returns: The result of the escalation.
  /// - Throws: ``SmoovenError`` if the policy can't work, if nothing could be sent, with `idempotencyConflict` if the
  ///   policy has changed under a key, or if the client closes, or `CancellationError` if cancelled.
  public func escalate(
    _ policy: EscalationPolicy,
    idempotencyKey: String? = nil,
    runs: [String: EscalationRun] = [:]
  ) async throws -> EscalationResult {
    try policy.validate()
    try SmoovenError.checkIdempotencyKey(idempotencyKey)
    if let idempotencyKey, idempotencyKey.utf8.count > 150 {
      throw SmoovenError.invalid("idempotencyKey", "must be at most 150 bytes, because each step adds to it")
    }
    for step in policy.steps {
      if let run = step.run, runs[run] == nil {
        throw SmoovenError.misconfigured("policy.run", "a step runs code that was not given")
      }
      for message in step.messages {
        if let criterion = step.until?.criterion(isQuestion: message.question != nil) {
          try checkTellable(criterion)
        }
        if message.question != nil, onlyPolls { throw SmoovenError.noAnswerPage }
        if let source = message.replies { _ = try receiver.router.group(named: source.group) }
      }
    }
    if isDraining { throw tracker.closedError }
    // Waits until the client runs, so that none of the policy's time passes before that.
    _ = try await callbackURL(deadline: clock.now() + configuration.callTimeout)
    var escalation = Escalation(policy, key: idempotencyKey, runs: runs, client: self)
    return try await escalation.run()
  }

  /// Returns the event with which a delivery has met a criterion, if the store knows one.
  func firstEvent(meeting criterion: DeliveryCriterion, key: String) async throws -> CallbackEvent? {
    guard let row = try await store.load(.idempotencyKey(key)) else { return nil }
    return try await storedEvents(of: row.delivery).first(where: criterion.isMet)
  }
}

extension DeliveryVerdict {
  /// The outcome of a wait for delivery.
  var outcome: DeliveryOutcome {
    switch self {
    case .delivered(let event): .delivered(event)
    case .failed(let event): .failed(event)
    }
  }
}
