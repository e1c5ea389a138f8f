import AllocationCount
import Crypto
import Foundation
import Measuring
import SmoovenCallbacks

/// The cost to verify and read one callback of each provider, compared with a bare HMAC-SHA256 of the same bytes.
@main
struct VerifyCost {
  static func main() throws {
    let samples = try Sample.all()
    var numbers: [String: Double] = [:]
    // In turns, and the minimum over all turns, because only other work on the machine makes a turn slower.
    for _ in 0..<turns {
      for sample in samples {
        let event = try cost { _ = try sample.provider.event(from: sample.request, at: sample.now) }
        note(event, sample.name, &numbers)
        let (key, body) = (sample.key, sample.request.body)
        let bare = cost { _ = HMAC<SHA256>.authenticationCode(for: body, using: key) }
        note(bare, "\(sample.name), bare HMAC", &numbers)
      }
    }
    report(numbers)
  }

  private static let turns = 10
  private static let repetitions = 2_000

  private static func note(
    _ cost: (nanoseconds: Double, allocations: Double),
    _ name: String,
    _ numbers: inout [String: Double]
  ) {
    numbers["ns \(name)"] = min(cost.nanoseconds, numbers["ns \(name)"] ?? .infinity)
    numbers["allocations \(name)"] = cost.allocations
  }

  /// Returns the cost of one call.
  private static func cost(
    _ body: () throws -> Void
  ) rethrows -> (nanoseconds: Double, allocations: Double) {
    try body()
    let (allocations, begin) = (allocation_count(), nanoseconds())
    for _ in 0..<repetitions { try body() }
    let (elapsed, allocated) = (nanoseconds() - begin, allocation_count() - allocations)
    return (Double(elapsed) / Double(repetitions), Double(allocated) / Double(repetitions))
  }
}
