import Foundation
import SmoovenCallbacks
import Testing

@Suite("Smooven: freshness by the signed timestamp")
struct SmoovenFreshnessTests {
  private func reason(
    age: Double,
    tolerance: TimestampTolerance = .redelivery
  ) throws -> VerificationError.Code? {
    let provider = try SmoovenSamples.provider(tolerance: tolerance)
    let event = try SmoovenSamples.decode(changing: [:])
    do {
      try provider.checkFreshness(of: event, at: SmoovenSamples.documentedTime.addingTimeInterval(age))
      return nil
    } catch {
      return error.code
    }
  }

  static let byDefault: [(Double, VerificationError.Code?)] = [
    (0, nil), (1, nil), (-1, nil),
    (86_399, nil), (86_400, nil), (86_400.001, .tooOld), (86_401, .tooOld), (1e12, .tooOld),
    (-299, nil), (-300, nil), (-300.001, .tooNew), (-301, .tooNew), (-1e12, .tooNew),
  ]

  @Test("The default is 24 h back and 5 min ahead", arguments: byDefault)
  func defaults(_ age: Double, _ expected: VerificationError.Code?) throws {
    #expect(try reason(age: age) == expected)
  }

  static let apart: [(TimestampTolerance, Double, VerificationError.Code?)] = [
    (TimestampTolerance(past: .seconds(10), future: .zero), 10, nil),
    (TimestampTolerance(past: .seconds(10), future: .zero), 10.5, .tooOld),
    (TimestampTolerance(past: .seconds(10), future: .zero), -0.5, .tooNew),
    (TimestampTolerance(past: .zero, future: .seconds(10)), -10, nil),
    (TimestampTolerance(past: .zero, future: .seconds(10)), -10.5, .tooNew),
    (TimestampTolerance(past: .zero, future: .seconds(10)), 0.5, .tooOld),
    (TimestampTolerance(past: .zero, future: .zero), 0, nil),
    (TimestampTolerance(past: .milliseconds(250), future: .zero), 0.25, nil),
    (TimestampTolerance(past: .milliseconds(250), future: .zero), 0.375, .tooOld),
    (.standard, 300, nil), (.standard, 301, .tooOld), (.standard, -300, nil), (.standard, -301, .tooNew),
  ]

  @Test("Each side can be set separately", arguments: apart)
  func settable(_ tolerance: TimestampTolerance, _ age: Double, _ expected: VerificationError.Code?) throws {
    #expect(try reason(age: age, tolerance: tolerance) == expected)
  }

  static let texts = [
    (86_461.0, "86461 s old, 61 s more"), (-361.0, "361 s ahead, 61 s more"),
    (1e12, "decades old, decades more"),
  ]

  @Test("The error says in which direction and by how much", arguments: texts)
  func message(_ age: Double, _ expected: String) throws {
    let provider = try SmoovenSamples.provider()
    let event = try SmoovenSamples.decode(changing: [:])
    let error = #expect(throws: VerificationError.self) {
      try provider.checkFreshness(of: event, at: SmoovenSamples.documentedTime.addingTimeInterval(age))
    }
    #expect(error?.message.contains(expected) == true)
    #expect(error?.message.contains("clock") == (age < 0))
  }

  static let absurd: [Double] = [
    .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e300, -1e300, 9.3e18,
    -9.3e18,
    253_402_300_800, -62_167_219_201,
  ]
  static let tolerances: [TimestampTolerance] = [
    .standard, .redelivery, TimestampTolerance(past: .seconds(Int64.max), future: .seconds(Int64.max)),
    TimestampTolerance(past: .seconds(Int64.min), future: .seconds(Int64.min)),
    TimestampTolerance(past: .seconds(-1), future: .seconds(-1)),
  ]

  @Test("However absurd a time is, it never traps and never passes unchecked", arguments: absurd, tolerances)
  func absurdTimes(_ seconds: Double, _ tolerance: TimestampTolerance) {
    let then = Date(timeIntervalSince1970: seconds)
    for (signed, now) in [(then, SmoovenSamples.documentedTime), (SmoovenSamples.documentedTime, then)] {
      let passes = (try? tolerance.check(signed, at: now)) != nil
      // Only a tolerance of 292 billion years lets some of them pass.
      #expect(passes == (tolerance.past == .seconds(Int64.max) && abs(seconds) < 9.2e18))
    }
  }

  @Test("However large a tolerance is, it never traps")
  func absurdTolerance() {
    let great = Duration.seconds(Int64.max) * 10
    let tolerance = TimestampTolerance(past: great, future: great)
    #expect(throws: Never.self) { try tolerance.check(.distantPast, at: .distantFuture) }
    #expect(throws: Never.self) { try tolerance.check(.distantFuture, at: .distantPast) }
    let negative = TimestampTolerance(past: .zero - great, future: .zero - great)
    for seconds in [0, 1e19, -1e19] {
      let signed = Date(timeIntervalSince1970: seconds)
      #expect(throws: VerificationError.self) {
        try negative.check(signed, at: SmoovenSamples.documentedTime)
      }
    }
  }

  static let years = ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z"]

  @Test("The first and the last year that can be written are too old and too new", arguments: years)
  func farYears(_ timestamp: String) throws {
    let request = try SmoovenSamples.request(changing: ["timestamp": .string(timestamp)])
    let error = #expect(throws: VerificationError.self) {
      try SmoovenSamples.provider().event(
        from: SmoovenSamples.signed(request.body),
        at: SmoovenSamples.documentedTime
      )
    }
    #expect(error?.code == (timestamp.hasPrefix("9") ? .tooNew : .tooOld))
  }

  @Test("An event that settles nothing may lack a time, and if it has one, that is checked")
  func playerEvents() throws {
    let provider = try SmoovenSamples.provider()
    let bare = try SmoovenSamples.decode(changing: [
      "event": "player.updated", "timestamp": SmoovenSamples.removed,
    ])
    #expect(throws: Never.self) { try provider.checkFreshness(of: bare, at: .distantFuture) }
    let dated = try SmoovenSamples.decode(changing: ["event": "player.updated"])
    #expect(throws: VerificationError.self) { try provider.checkFreshness(of: dated, at: .distantFuture) }
  }

  @Test("Stale requests are distinguished from forged ones, which are recognized first")
  func order() throws {
    let provider = try SmoovenSamples.provider()
    let forged = SmoovenSamples.request("not json", signatures: [SmoovenSamples.documentedSignature])
    let error = #expect(throws: VerificationError.self) {
      try provider.event(from: forged, at: .distantFuture)
    }
    #expect(error?.code == .noMatch)
    let garbage = SmoovenSamples.signed(Array("not json".utf8))
    #expect(throws: CallbackDecodingError.self) { try provider.event(from: garbage, at: .distantFuture) }
  }
}
