import Measuring

/// A load that repeats an operation, a number of them at a time, and records how long each took.
struct Load {
  let inFlight: Int
  let seconds: Double
  /// The seconds that aren't measured, in which connections are opened and caches are filled.
  private let warmUp = 1.0

  init(inFlight: Int, seconds: Double) {
    self.inFlight = inFlight
    self.seconds = seconds
  }

  /// Runs, and returns the rate a second and the quantiles of the times, in microseconds.
  func run(_ operation: @escaping @Sendable () async throws -> Void) async throws -> [String: Double] {
    let begin = nanoseconds() + UInt64(warmUp * 1e9)
    let end = begin + UInt64(seconds * 1e9)
    let workers = (0..<inFlight).map { _ in
      Task {
        var times: [UInt64] = []
        while true {
          let sent = nanoseconds()
          if sent >= end { return times }
          try await operation()
          if sent >= begin { times.append(nanoseconds() - sent) }
        }
      }
    }
    var times: [UInt64] = []
    for worker in workers { times += try await worker.value }
    times.sort()
    let quantile = { (part: Double) in Double(times.quantile(part) ?? 0) / 1e3 }
    return [
      "rate": Double(times.count) / seconds,
      "p50": quantile(0.5), "p99": quantile(0.99), "p999": quantile(0.999),
    ]
  }
}
