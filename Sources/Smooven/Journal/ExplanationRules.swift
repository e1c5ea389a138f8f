internal import SmoovenCallbacks
internal import SmoovenSupport

internal import struct Foundation.Date

/// The rules by which a delivery is explained: pure functions of what is known.
///
/// The first rules conclude the state, and of these, the first that holds counts. If a callback is missing, the rules of
/// `ExplanationRules+Missing.swift` follow. Each has a test that brings the situation about.
enum ExplanationRules {
  typealias Reason = DeliveryExplanation.Reason

  /// The conclusion of a rule.
  struct Conclusion {
    var reason: Reason
    /// Whether a callback is missing, so that what is known about that follows.
    var lacksCallback = false
  }

  typealias Rule = @Sendable (DeliveryEvidence) -> Conclusion?

  static let conclusions: [Rule] = [
    unknownHere, arrived, failed, lost, expected, notSent, unclear, copies, underWay, polling, noCallback,
  ]

  static func reasons(for evidence: DeliveryEvidence) -> [Reason] {
    guard let conclusion = conclusions.lazy.compactMap({ $0(evidence) }).first else { return [] }
    guard conclusion.lacksCallback else { return [conclusion.reason] }
    return [conclusion.reason] + missing(evidence)
  }

  // MARK: It has ended

  private static func arrived(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard case .delivered(let event)? = evidence.verdict else { return nil }
    if isLost(event, evidence) {
      let reason = Reason(
        code: "callback_lost",
        message: "It arrived: the status says so. Its callback didn't come here."
      )
      return Conclusion(reason: reason, lacksCallback: true)
    }
    if let delay = delay(of: event, evidence) {
      let reason = Reason(
        code: "late",
        message: "It arrived, but the callback came \(text(delay)) after the wait had ended.",
        advice: evidence.expectedProvider == nil
          ? "Wait longer, or take the delivery up again with resume(_:)." : "Wait longer."
      )
      return Conclusion(reason: reason)
    }
    if evidence.outcome?.name == "timed_out" {
      let reason = Reason(
        code: "not_further",
        message: "It arrived, and nothing has shown more than \(evidence.status.rawValue.loggable).",
        advice:
          "Whether it's opened, clicked or answered is up to the recipient and the channel. Wait longer."
      )
      return Conclusion(reason: reason)
    }
    return Conclusion(reason: Reason(code: "arrived", message: "It arrived."))
  }

  private static func failed(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard case .failed(let event)? = evidence.verdict else { return nil }
    if event.failure?.code == "given_up" {
      return Conclusion(reason: Reason(code: "given_up", message: "It was given up by hand."))
    }
    if isLost(event, evidence) {
      let reason = Reason(
        code: "callback_lost",
        message: "It can't arrive: the status says so. Its callback didn't come here."
      )
      return Conclusion(reason: reason, lacksCallback: true)
    }
    let reason = Reason(
      code: "failed",
      message: "It can't arrive. The step that failed has the reason.",
      advice: evidence.expectedProvider == nil ? "Use another channel or recipient." : nil
    )
    return Conclusion(reason: reason)
  }

  /// The status says what no callback did, and no event was made of it.
  private static func lost(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.verdict == nil, evidence.standing != .open else { return nil }
    let what = evidence.standing == .arrived ? "It arrived" : "It can't arrive"
    guard evidence.setup?.usesCallbacks != false else {
      return Conclusion(reason: Reason(code: "status", message: "\(what): the status says so."))
    }
    let reason = Reason(
      code: "callback_lost",
      message: "\(what): the status says so. Its callback didn't come here."
    )
    return Conclusion(reason: reason, lacksCallback: true)
  }

  // MARK: It isn't sent by this client

  private static func expected(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard let provider = evidence.expectedProvider, evidence.arrivals.isEmpty else { return nil }
    let waits = evidence.outcome == nil ? "waits" : "waited"
    let reason = Reason(
      code: "expected",
      message: """
        It \(waits) for a callback of \(provider.loggable) that something else triggers: the system that was given its URL. \
        None has arrived.
        """
    )
    return Conclusion(reason: reason, lacksCallback: true)
  }

  // MARK: It wasn't sent, or perhaps not

  /// Its callbacks are known, and it isn't.
  private static func unknownHere(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.delivery == nil, evidence.opening == nil, !evidence.events.isEmpty else { return nil }
    let reason = Reason(
      code: "unknown_here",
      message: "A callback of it arrived here, but this process and its store don't know the delivery.",
      advice: "Another process sent it: give both the same store, or that process its own public URL."
    )
    return Conclusion(reason: reason)
  }

  private static func notSent(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.arrivals.isEmpty else { return nil }
    switch evidence.lastAttempt {
    case .notSent(let error)?:
      let isRefused = error.status != nil
      let code = error.apiCode.map { " (\($0))" } ?? ""
      let reason = Reason(
        code: isRefused ? "refused" : "not_sent",
        message: isRefused
          ? "Smooven refused it\(code), so nothing was sent: \(error.message)."
          : "Nothing was sent: \(error.message)."
      )
      return Conclusion(reason: reason)
    case .underWay?:
      return Conclusion(reason: Reason(code: "sending", message: "It's being sent now."))
    case .never?:
      return Conclusion(reason: Reason(code: "not_sent", message: "It hasn't been sent."))
    case .unclear?, nil:
      return nil
    }
  }

  private static func unclear(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.arrivals.isEmpty, case .unclear? = evidence.lastAttempt else { return nil }
    let isTellable = evidence.setup?.usesCallbacks != false
    let reason = Reason(
      code: "unclear",
      message: """
        It may have been sent: the request left, and no response says what became of it. It isn't sent again, and \
        \(isTellable ? "only a callback" : "nothing") can tell.
        """,
      advice: isTellable
        ? nil : "Set tracking to both, or ask the recipient before you send it again."
    )
    return Conclusion(reason: reason, lacksCallback: isTellable)
  }

  // MARK: It is open

  private static func copies(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard !evidence.copiesOnly.isEmpty, evidence.events.isEmpty else { return nil }
    let reason = Reason(
      code: "duplicates_only",
      message:
        "Only copies of callbacks that were received earlier arrived at its URL, and a copy counts once.",
      advice: "If you sent them as a test, send each with a new id and a new time: smooven trigger does."
    )
    return Conclusion(reason: reason)
  }

  private static func underWay(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard let last = evidence.events.last(where: { DeliveryStatus($0) != nil }) else { return nil }
    if last.kind == .failed {
      let message = "One channel failed, and another may still deliver it."
      return Conclusion(reason: Reason(code: "channel_failed", message: message))
    }
    let isAsked = evidence.events.allSatisfy { $0.source == .statusQuery }
    let message =
      "\(isAsked ? "The status says" : "Callbacks arrive, and the last one says") that it's on its way. Nothing has "
      + "confirmed or ended it yet."
    return Conclusion(reason: Reason(code: "under_way", message: message))
  }

  private static func polling(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.isAccepted, evidence.setup?.usesCallbacks == false else { return nil }
    let known = evidence.knownStatus ?? evidence.status
    let reason = Reason(
      code: "polling",
      message:
        "Smooven accepted it, and its status is still \(known.rawValue.loggable). No callback was asked for."
    )
    return Conclusion(reason: reason)
  }

  private static func noCallback(_ evidence: DeliveryEvidence) -> Conclusion? {
    guard evidence.isAccepted else { return nil }
    let reason = Reason(
      code: "no_callback",
      message: "Smooven accepted it, and none of its callbacks was received here."
    )
    return Conclusion(reason: reason, lacksCallback: true)
  }

  // MARK: Parts

  /// Whether an event was learned by asking, though a callback should have brought it.
  private static func isLost(_ event: CallbackEvent, _ evidence: DeliveryEvidence) -> Bool {
    guard event.source == .statusQuery, evidence.setup?.usesCallbacks != false else { return false }
    return !evidence.events.contains { $0.source == .callback && $0.kind == event.kind }
  }

  /// The time from the end of the last wait to an event that arrived after it, or `nil` if no wait had ended without it.
  private static func delay(of event: CallbackEvent, _ evidence: DeliveryEvidence) -> Double? {
    let entries = evidence.story?.entries ?? []
    // Another process may have received it, or this one without the token, so the journal may lack it.
    guard let arrival = evidence.arrivals.first(where: { $0.event.isSame(as: event) })?.at else { return nil }
    var ended: Date?
    for entry in entries.prefix(while: { $0.at <= arrival && $0.event?.isSame(as: event) != true }) {
      switch entry.kind {
      case .settled(let outcome): ended = outcome.name == "timed_out" ? entry.at : nil
      case .resumed: ended = nil
      default: continue
      }
    }
    return ended.map { max(0, arrival.timeIntervalSince($0)) }
  }

  static func text(_ seconds: Double) -> String {
    seconds < 1 ? "\(max(1, Int((seconds * 1_000).rounded()))) ms" : "\(Int(min(seconds, 1e9).rounded())) s"
  }
}
