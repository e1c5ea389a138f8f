import Foundation
import SmoovenCallbacks
import Testing

@Suite("RFC 3339: agreement with Foundation and with itself", .timeLimit(.minutes(5)))
struct RFC3339RandomTests {
  static let seeds: [UInt64] = [11, 12]

  /// Returns a random time in milliseconds, from the year 0 to the year 9999.
  private func instant(_ random: inout SeededGenerator) -> Date {
    let milliseconds = Int.random(in: -62_167_219_200_000...253_402_300_799_000, using: &random)
    return Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }

  @Test("What is written is read back to the millisecond", arguments: seeds)
  func roundTrip(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let date = instant(&random)
      let text = RFC3339.format(date)
      let parsed = try #require(RFC3339.parse(text))
      #expect(abs(parsed.timeIntervalSince(date)) < 0.000_1)
      #expect(RFC3339.format(parsed) == text)
    }
  }

  /// Random times from 1583 on, because Foundation writes earlier dates in the Julian calendar.
  private static let gregorian = -12_212_553_600...253_402_300_799

  @Test("Foundation writes the same text, and reads ours as the same instant", arguments: seeds)
  func foundation(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let style = Date.ISO8601FormatStyle()
    for _ in 0..<3_000 {
      let date = Date(timeIntervalSince1970: Double(Int.random(in: Self.gregorian, using: &random)))
      let text = RFC3339.format(date)
      #expect(text == date.formatted(style))
      #expect(try style.parse(text) == date)
      #expect(RFC3339.parse(date.formatted(style)) == date)
    }
  }

  @Test("With fractions and offsets, Foundation reads the same instant", arguments: seeds)
  func fractionsAndOffsets(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<3_000 {
      let second = Int.random(in: Self.gregorian, using: &random)
      let local = RFC3339.format(Date(timeIntervalSince1970: Double(second))).dropLast()
      let milliseconds = 1_000 + random.below(1_000)
      let offset =
        "\(random.pick(["+", "-"]))\(random.pick(["00", "01", "13"])):\(random.pick(["00", "30", "59"]))"
      let text = "\(local).\("\(milliseconds)".dropFirst())\(offset)"
      let ours = try #require(RFC3339.parse(text))
      #expect(abs(ours.timeIntervalSince(try style.parse(text))) < 0.000_1, "\(text)")
    }
  }

  @Test("Every variant that senders write is the same instant", arguments: seeds)
  func variants(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3_000 {
      let date = Date(timeIntervalSince1970: Double(Int.random(in: Self.gregorian, using: &random) / 60 * 60))
      let hours = random.below(24)
      let sign = random.pick(["+", "-"])
      let shifted = date.addingTimeInterval(Double(sign == "+" ? hours : -hours) * 3_600)
      let local = RFC3339.format(shifted).dropLast()
      let offset = "\(sign)\(hours < 10 ? "0" : "")\(hours)"
      guard local.utf8.count == 19 else { continue }
      for time in [local, local.dropLast(3)] {
        for zone in [offset, "\(offset)00", "\(offset):00", " \(offset)00"] {
          #expect(RFC3339.parse("\(time)\(zone)") == date, "\(time)\(zone)")
        }
        #expect(RFC3339.parse(String(time)) == nil)
      }
    }
  }

  @Test("Every day from 1895 to 2105 follows the one before")
  func consecutiveDays() throws {
    for day in -27_394...49_307 {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400)
      let text = RFC3339.format(date)
      guard RFC3339.parse(text) == date, text.hasSuffix("T00:00:00Z") else {
        Issue.record("day \(day) became \(text)")
        return
      }
    }
  }

  @Test(
    "Random and mutated strings never trap, and what is read is within the years that can be written",
    arguments: seeds
  )
  func garbage(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      _ = RFC3339.parse(random.text(upTo: 30))
      var bytes = Array(RFC3339.format(instant(&random)).utf8)
      for _ in 0...random.below(3) { random.mutate(&bytes) }
      guard let date = RFC3339.parse(String(decoding: bytes, as: UTF8.self)) else { continue }
      #expect((-62_167_305_600...253_402_387_200).contains(date.timeIntervalSince1970))
    }
  }
}
