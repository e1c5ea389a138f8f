import Foundation

/// SplitMix64: small, fast and the same on every machine, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension SeededGenerator {
  /// Returns a number from 0 up to a bound.
  ///
  /// It's cheaper than `Int.random` in an unoptimized build.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next() >> 1) % bound
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }

  /// Returns text from the corners of Unicode: controls, quotes, separators, combining marks, other planes.
  mutating func text(upTo count: Int) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<below(count + 1) {
      text.append(scalar())
    }
    return String(text)
  }

  private mutating func scalar() -> Unicode.Scalar {
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x20...0x7E, 0x00...0x1F, 0x7F...0xFF, 0x300...0x36F, 0x2000...0x206F, 0xE000...0xFFFF,
      0x1_F300...0x1_FAFF, 0x10_FF00...0x10_FFFF,
    ]
    let range = pick(ranges)
    let value = range.lowerBound + UInt32(below(Int(range.upperBound - range.lowerBound) + 1))
    return Unicode.Scalar(value) ?? " "
  }

  /// Returns a document that the parser must accept, with numbers that every reader can represent exactly.
  mutating func json(depth: Int) -> JSONSample {
    switch below(depth > 0 ? 9 : 6) {
    case 0: return .null
    case 1: return .bool(below(2) == 0)
    case 2: return .integer(Int64(truncatingIfNeeded: next()) >> Int64(below(64)))
    case 3: return .number(Double(below(2_000_001) - 1_000_000) / 64 + 1 / 128)
    case 4, 5: return .string(text(upTo: 12))
    case 6, 7: return .array((0..<below(5)).map { _ in json(depth: depth - 1) })
    default:
      let members = (0..<below(5)).map { _ in (text(upTo: 6), json(depth: depth - 1)) }
      return .object(Dictionary(members, uniquingKeysWith: { _, last in last }))
    }
  }
}
