internal import ArgumentParser
internal import SmoovenTesting

/// The faults on the way of replayed requests, such as `duplicate,reorder,drop:0.1`.
struct ReplayFaults: ExpressibleByArgument, Sendable, Equatable {
  /// The probability that a request is sent twice.
  var duplicate = 0.0
  /// The probability that a request is sent up to four places later.
  var reorder = 0.0
  /// The probability that a request isn't sent.
  var drop = 0.0

  init() {}

  init?(argument: String) {
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: ":", maxSplits: 1)
      let probability = pieces.count > 1 ? Double(pieces[1]) : 1
      guard let name = pieces.first, let probability, (0...1).contains(probability) else { return nil }
      switch name {
      case "duplicate": duplicate = probability
      case "reorder": reorder = probability
      // To drop all of them is no replay.
      case "drop" where pieces.count > 1: drop = probability
      default: return nil
      }
    }
  }

  /// One request to send.
  struct Step: Equatable {
    /// Its place in the capture.
    let index: Int
    /// The place in the capture at whose time it's sent.
    let place: Int
    let isDuplicate: Bool
  }

  /// Decides what is sent, in order: the same for the same seed.
  func plan(count: Int, seed: UInt64) -> (steps: [Step], dropped: [Int]) {
    var random = SeededGenerator(seed: seed)
    var dropped: [Int] = []
    var places: [(place: Int, step: Step)] = []
    for index in 0..<count {
      // Each is drawn for every request, so that one fault doesn't change where the others happen.
      let (isDropped, isTwice) = (random.unit() < drop, random.unit() < duplicate)
      let (isLate, delay) = (random.unit() < reorder, Int.random(in: 1...4, using: &random))
      guard !isDropped else {
        dropped.append(index)
        continue
      }
      let place = index + (isLate ? delay : 0)
      places.append((place, Step(index: index, place: place, isDuplicate: false)))
      if isTwice { places.append((place, Step(index: index, place: place, isDuplicate: true))) }
    }
    let order = places.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
    return (order.map(\.element.step), dropped)
  }
}

extension SeededGenerator {
  /// Returns a number from 0 up to, and without, 1.
  fileprivate mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }
}
