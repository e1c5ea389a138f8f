internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

/// The times at which the requests of a replay are sent.
struct ReplayPace: Sendable {
  /// The most that a gap in a capture can hold up a replay.
  private static let maximum = 86_400.0

  /// The time of each captured request since the first one, divided by the speed, or `nil` without pauses.
  private let offsets: [Duration]?

  /// Creates a pace.
  ///
  /// - Parameters:
  ///   - times: The time of each captured request, in the order of the capture.
  ///   - speed: The speed.
  init(_ times: [String], _ speed: ReplaySpeed) {
    guard let factor = speed.factor else {
      offsets = nil
      return
    }
    let seconds = times.map { RFC3339.parse($0)?.timeIntervalSince1970 ?? 0 }
    offsets = seconds.map { .seconds(min(max(0, $0 - (seconds.first ?? 0)) / factor, Self.maximum)) }
  }

  /// Carries out each step at its time.
  ///
  /// - Throws: Any error that the closure throws, or `CancellationError` if cancelled.
  func carryOut(
    _ steps: [ReplayFaults.Step],
    clock: DeliveryClock,
    _ body: (ReplayFaults.Step) async throws -> Void
  ) async throws {
    let start = clock.now()
    for step in steps {
      // Late ones are sent at the time of the place that they got.
      if let offsets, let last = offsets.indices.last {
        try await clock.sleep(start + offsets[min(step.place, last)])
      }
      try await body(step)
    }
  }
}
