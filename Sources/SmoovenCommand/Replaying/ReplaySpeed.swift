internal import ArgumentParser

/// The speed at which a capture is replayed: `max`, or a factor such as `1x`.
struct ReplaySpeed: ExpressibleByArgument, Sendable {
  /// The factor, or `nil` for no pauses at all.
  let factor: Double?

  init(factor: Double?) { self.factor = factor }

  init?(argument: String) {
    if argument == "max" {
      factor = nil
    } else {
      guard argument.hasSuffix("x"), let factor = Double(argument.dropLast()),
        (0.001...1_000_000).contains(factor)
      else { return nil }
      self.factor = factor
    }
  }

  var defaultValueDescription: String { factor.map { "\($0)x" } ?? "max" }
}
