internal import ArgumentParser

/// A duration as people write it: `30s`, `500ms`, `2m`, `1h`, or a plain number of seconds.
struct DurationArgument: ExpressibleByArgument, Sendable {
  let duration: Duration

  /// The duration in the form in which the help shows a default.
  var defaultValueDescription: String { "\(duration / .seconds(1))s".replacing(".0s", with: "s") }

  init(seconds: Double) { duration = .seconds(seconds) }

  init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [
      ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("", 1),
    ]
    for (suffix, seconds) in units where argument.hasSuffix(suffix) {
      let digits = argument.dropLast(suffix.count)
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let number = Double(digits),
        number * seconds > 0, number * seconds <= 366 * 86_400
      else { return nil }
      duration = .seconds(number * seconds)
      return
    }
    return nil
  }
}
