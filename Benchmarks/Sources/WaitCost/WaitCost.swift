import Measuring

/// Measures the cost of open waits.
///
/// `WaitCost smooven|bare COUNT [expire]` settles some of the waits one at a time. With `expire`, it lets all of them
/// expire at the same time. `WaitCost first|tasks COUNT` waits for the first of several notifications.
@main
struct WaitCost {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count >= 2, let count = Int(arguments[2]) else {
      fatalError("WaitCost smooven|bare|first|tasks COUNT [expire]")
    }
    let expires = arguments.dropFirst(2).first == "expire"
    if let kind = ManyHandles.Kind(rawValue: arguments[1]) {
      return report(try await ManyHandles.measure(kind, count))
    }
    switch arguments[1] {
    case "bare": try await run(BareWaits(capacity: count + spareCount), count, expires)
    default: try await run(try SmoovenWaits(standsStill: expires), count, expires)
    }
  }

  private static func run(_ waits: some Waits, _ count: Int, _ expires: Bool) async throws {
    report(expires ? try await expiring(waits, count) : try await settling(waits, count))
  }
}
