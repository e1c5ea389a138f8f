package import CoreMetrics
internal import SmoovenCallbacks
internal import SmoovenSupport

/// The metrics of callbacks and waits.
///
/// Their names are listed in the documentation of operations.
package struct DeliveryTelemetry: Sendable {
  let openWaits: Gauge
  let dropped: Counter
  /// The number of people's answers that were recorded.
  let answers: Counter
  private let accepted: Counter
  private let dispositions: [CallbackDisposition: Counter]
  private let outcomes: Timer
  /// The same under its former name, which doesn't say the unit.
  private let formerOutcomes: Timer
  private let wakes: Timer
  private let steps: [EscalationStepResult: Counter]
  let factory: any MetricsFactory

  package init(factory: any MetricsFactory) {
    self.factory = factory
    openWaits = Gauge(label: "smooven_waits_open", factory: factory)
    dropped = Counter(label: "smooven_events_dropped_total", factory: factory)
    answers = Counter(label: "smooven_answers_total", factory: factory)
    accepted = Counter(label: "smooven_callbacks_accepted_total", factory: factory)
    var counters: [CallbackDisposition: Counter] = [:]
    for disposition in CallbackDisposition.allCases where disposition != .matched {
      counters[disposition] = Counter(
        label: "smooven_callbacks_\(disposition.rawValue)_total",
        factory: factory
      )
    }
    dispositions = counters
    outcomes = Timer(
      label: "smooven_delivery_duration_seconds",
      preferredDisplayUnit: .seconds,
      factory: factory
    )
    formerOutcomes = Timer(
      label: "smooven_delivery_duration",
      preferredDisplayUnit: .milliseconds,
      factory: factory
    )
    wakes = Timer(label: "smooven_wake_latency_seconds", preferredDisplayUnit: .seconds, factory: factory)
    steps = Dictionary(
      uniqueKeysWithValues: EscalationStepResult.allCases.map { result in
        let dimensions = [("result", result.rawValue)]
        return (
          result, Counter(label: "smooven_escalation_steps_total", dimensions: dimensions, factory: factory)
        )
      }
    )
  }

  /// Counts a callback that got a 200.
  package func countAccepted(_ disposition: CallbackDisposition) {
    accepted.increment()
    dispositions[disposition]?.increment()
  }

  /// Counts a request that was refused.
  package func countRejected(_ reason: String) {
    // Created on demand, because custom providers may have any reasons.
    Counter(label: "smooven_callbacks_rejected_total", dimensions: [("reason", reason)], factory: factory)
      .increment()
  }

  /// Records the time from send to outcome.
  package func recordOutcome(after duration: Duration) {
    let nanoseconds = Int64(duration.inSeconds * 1e9)
    outcomes.recordNanoseconds(nanoseconds)
    formerOutcomes.recordNanoseconds(nanoseconds)
  }

  /// Records the time from the arrival of a callback, in any process, to the end of the waits that it settles.
  func recordWake(after seconds: Double) {
    // Between two machines, clocks differ.
    wakes.recordNanoseconds(Int64(min(max(seconds, 0), 1e9) * 1e9))
  }

  /// Counts a step of an escalation that has ended.
  func countStep(_ result: EscalationStepResult) {
    steps[result]?.increment()
  }
}
