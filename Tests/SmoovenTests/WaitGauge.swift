import CoreMetrics
import SmoovenSupport

@testable import Smooven

/// Metrics of which a test can wait for the number of open waits.
final class WaitGauge: MetricsFactory, RecorderHandler {
  private let count = Watched<Int64>(0)

  func record(_ value: Int64) { count.update { $0 = value } }
  func record(_ value: Double) {}

  /// Waits until so many waits are open.
  fileprivate func reaches(_ expected: Int) async throws {
    try await count.first { $0 >= Int64(expected) ? () : nil }
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    label == "smooven_waits_open" ? self : NOOPMetricsHandler.instance
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    NOOPMetricsHandler.instance
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    NOOPMetricsHandler.instance
  }

  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}

extension SmoovenClient {
  struct NoWaitGauge: Error {}

  /// Waits until so many waits are open, in a client whose metrics go to a ``WaitGauge``.
  func waits(_ count: Int) async throws {
    guard let gauge = telemetry.factory as? WaitGauge else { throw NoWaitGauge() }
    try await gauge.reaches(count)
  }
}
