/// The end of a step of an escalation, as a metric counts it.
package enum EscalationStepResult: String, Sendable, CaseIterable {
  /// It reached its goal first.
  case won
  /// None of its messages can reach it anymore.
  case failed
  /// None of its messages was sent.
  case notSent = "not_sent"
  /// It was still open when the escalation ended.
  case open
}

extension Escalation {
  /// Counts each step that began.
  func countSteps(_ end: EscalationMachine.End) {
    var winner: Int?
    if case .won(let step, _) = end { winner = step }
    for (step, messages) in Dictionary(grouping: begun, by: \.place.step) {
      let result: EscalationStepResult =
        if step == winner {
          .won
        } else if messages.allSatisfy({ $0.error != nil }) {
          .notSent
        } else {
          messages.allSatisfy { $0.error != nil || $0.failure != nil } ? .failed : .open
        }
      client.telemetry.countStep(result)
    }
  }
}
