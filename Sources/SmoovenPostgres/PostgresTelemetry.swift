#if PostgresSupport
internal import Metrics

/// The metrics that a store reports.
struct PostgresTelemetry: Sendable {
  private let commits = Timer(label: "smooven_store_commit_seconds", preferredDisplayUnit: .seconds)
  private let batches = Recorder(label: "smooven_store_commit_calls")
  private let retries = Counter(label: "smooven_store_commit_retries_total")
  private let reconnects = Counter(label: "smooven_store_reconnects_total")
  private let lostLeases = Counter(label: "smooven_store_leases_lost_total")
  private let notifiedWakes = Self.wakes(by: "listen")
  private let polledWakes = Self.wakes(by: "poll")
  private let frontier = Gauge(label: "smooven_store_frontier_age_seconds")

  private static func wakes(by source: String) -> Timer {
    Timer(
      label: "smooven_store_wake_seconds",
      dimensions: [("by", source)],
      preferredDisplayUnit: .seconds
    )
  }

  func recordCommit(_ duration: Duration) { commits.record(duration: duration) }
  func recordBatch(_ count: Int) { batches.record(count) }
  func countRetry() { retries.increment() }
  func countReconnect() { reconnects.increment() }
  func countLostLease() { lostLeases.increment() }
  func recordWake(_ duration: Duration, isPolled: Bool) {
    (isPolled ? polledWakes : notifiedWakes).record(duration: duration)
  }
  func recordFrontierAge(_ seconds: Double) { frontier.record(seconds) }
}
#endif
