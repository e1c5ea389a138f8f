internal import Smooven
internal import Synchronization

// What each caller may get, according to the events in the log.
extension SimulatedWorld {
  func check(_ index: Int, _ outcome: DeliveryOutcome) {
    let caller = state.withLock { $0.callers[index] }
    if caller.isLost { return }
    let trace: UInt64
    switch outcome {
    case .delivered(let event):
      trace = 1
      checkOwn(event, caller)
      if !caller.criterion.isMet(by: event.kind) { fail("\(event.name) does not meet \(caller.criterion)") }
    case .failed(let event):
      trace = 2
      checkOwn(event, caller)
      // A notification that is sent twice may fail on one channel each time.
      if !options.retriesUnclear, !isFinal(event, caller) {
        fail("\(event), which isn't final, ended caller \(caller)")
      }
    case .timedOut:
      trace = 3
      if let missed = missed(caller) {
        fail("caller \(caller) timed out although \(missed.callback.event) had come at \(missed.at)")
      }
    }
    note(trace)
  }

  func check(_ index: Int, _ error: any Error) {
    let (caller, client, isRefused) = state.withLock { state in
      let caller = state.callers[index]
      return (caller, state.clients[caller.client], state.refusedSubjects.contains(caller.subject))
    }
    if caller.isLost { return }
    note(4)
    let isExpected: Bool
    if error is CancellationError {
      isExpected = caller.isCancelled || client.isClosed
    } else {
      isExpected =
        switch (error as? SmoovenError)?.code {
        case .closed?: client.isClosed
        case .storeFailed?: options.storeFaults > 0
        case .idempotencyConflict?: options.conflicts
        case .rejected?, .notFound?: isRefused
        case .unauthorized?, .rateLimited?, .unavailable?, .connectionFailed?, .overloaded?: true
        default: false
        }
    }
    if !isExpected { fail("caller \(caller) was told \(error)") }
  }

  func note(_ value: UInt64) {
    state.withLock { $0.trace = ($0.trace ^ value) &* 0x100_0000_01b3 }
  }

  /// Checks that an event that ends a wait belongs to the notification, and was stored before.
  private func checkOwn(_ event: CallbackEvent, _ caller: SimulatedCaller) {
    if event.group != caller.group { fail("an event of \(event.group) ended caller \(caller)") }
    let isOwn = state.withLock { state in
      state.log.contains { logged in
        logged.callback.event.deduplicationKey == event.deduplicationKey
          && logged.callback.event.endpoint == event.endpoint && isAbout(logged, caller)
      }
    }
    if !isOwn { fail("\(event) ended caller \(caller), and isn't its own") }
  }

  private func isAbout(_ logged: LoggedEvent, _ caller: SimulatedCaller) -> Bool {
    switch caller.call {
    case .byID(let id): return logged.notification?.id == id
    case .question(let id): return logged.callback.event.correlationIDs == [id]
    default: break
    }
    guard let notification = logged.notification else { return false }
    return notification.subject == caller.subject || notification.token == caller.token
  }

  private func isFinal(_ event: CallbackEvent, _ caller: SimulatedCaller) -> Bool {
    state.withLock { state in
      let failed = state.log.filter { isAbout($0, caller) && $0.callback.event.kind == .failed }
      guard let notification = failed.first?.notification else { return false }
      // Only a wait by an id alone doesn't know the urgency of the notification.
      if !notification.isCritical { return true }
      if case .byID = caller.call { return true }
      // The status endpoint may know of a failure before its callback arrives.
      let known = state.callbacks.filter { callback in
        callback.id == notification.id && callback.event == "notification.failed" && callback.happensAt <= now
          && !callback.isPartners
      }
      return Set(known.map(\.channel)).isSuperset(of: [.sms, .push])
    }
  }

  /// Returns an event that should have ended a wait before its time was up.
  private func missed(_ caller: SimulatedCaller) -> LoggedEvent? {
    guard options.isCalm else { return nil }
    return state.withLock { state in
      let own = state.log.filter { logged in
        guard isAbout(logged, caller), logged.at < caller.deadline else { return false }
        if case .question = caller.call { return logged.at > caller.startedAt }
        guard let notification = logged.notification else { return false }
        // If the verdict of a delivery is known, only the events that can end a wait are kept.
        if caller.criterion == .sent, logged.at < caller.startedAt { return false }
        // At the default URL, an event only finds a wait by an id that a response has returned.
        if case .byID = caller.call { return logged.at > caller.startedAt }
        return logged.callback.token != nil
          || state.accepted[notification.id].map { $0 < caller.deadline } == true
      }
      return own.first { caller.criterion.isMet(by: $0.callback.event.kind) }
    }
  }
}
