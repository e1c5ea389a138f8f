import Foundation
import SmoovenCallbacks
import Testing

/// Broken and hostile requests through all three checks.
///
/// `SMOOVEN_FUZZ_ITERATIONS` sets how many inputs there are, over all seeds; ten times the default with
/// `SMOOVEN_STRESS=1`, as in CI.
@Suite("Smooven: fuzzed requests", .timeLimit(.minutes(60)))
struct SmoovenFuzzTests {
  static let iterations =
    ProcessInfo.processInfo.environment["SMOOVEN_FUZZ_ITERATIONS"].flatMap { UInt32($0) }.map(Int.init)
    ?? (ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 400_000 : 40_000)
  static let seeds: [UInt64] = [1, 2, 3, 4]
  static let marker = "PLANTED7f3a"

  /// Whole events, odd events and texts that are none; the marker stands in every place that a value can have.
  static let corpus: [[UInt8]] = [
    SmoovenSamples.documented,
    SmoovenSamples.documented.replacing("Remind Sarah", with: marker),
    """
    {"event":"notification.failed","notification_id":"\(marker)","channel_used":"\(marker)",\
    "status":"undelivered","timestamp":"2026-03-05T08:00:15.250+01:00","reason":"\(marker)",\
    "error":{"code":"c","message":"\(marker)"},"recipient":{"user_id":"\(marker)","channel_address":null}}
    """,
    #"{"event":"player.registered","player_id":"\#(marker)","timestamp":"2026-03-05T08:00:15Z"}"#,
    #"{"event":"\#(marker)","a":[1,-0,1e2,0.5,9223372036854775807,true,null,"\ud83d\ude00\n\u0000"]}"#,
    #"{"event":"notification.sent","notification_id":"\#(marker)","timestamp":"2026-03-05T08:00:15"}"#,
    #"{"event":"notification.sent","notification_id":"\#(marker)","timestamp":"\#(marker)"}"#,
    String(repeating: "[", count: 127) + #""\#(marker)""# + String(repeating: "]", count: 127),
    #"{"deep":\#(String(repeating: #"{"a":"#, count: 126))"\#(marker)"\#(String(repeating: "}", count: 127))"#,
    "\"\(marker)", marker, "",
  ].map { Array($0.utf8) }

  struct Tally {
    var events = 0
    var stale = 0
    var undecodable = 0
    var unverified = 0
  }

  @Test("No input traps, no error quotes the body", arguments: seeds)
  func fuzz(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let provider = try SmoovenSamples.provider()
    var tally = Tally()
    for _ in 0..<Self.iterations / Self.seeds.count {
      var body = random.pick(Self.corpus)
      for _ in 0..<random.below(4) { random.mutate(&body) }
      var signature = Array(SmoovenSamples.signature(of: body).utf8)
      // Most inputs are signed well: what is behind the signature is the larger part.
      if random.below(8) == 0 { random.mutate(&signature) }
      let request = SmoovenSamples.request(body, signatures: [String(decoding: signature, as: UTF8.self)])
      let problem = Self.run(provider, request, &tally)
      if let problem {
        Issue.record("\(problem); seed \(seed), body \(body), signature \(signature)")
        return
      }
    }
    // Every way through is taken often enough to mean something.
    for count in [tally.events, tally.stale, tally.undecodable, tally.unverified] {
      #expect(count >= Self.iterations / 400, "\(tally)")
    }
  }

  /// What is wrong with the way in which a request was handled, if anything is.
  private static func run(
    _ provider: SmoovenCallbackProvider,
    _ request: CallbackRequest,
    _ tally: inout Tally
  ) -> String? {
    let text: String
    do {
      let now = SmoovenSamples.documentedTime
      try provider.verify(request, at: now)
      let event = try provider.decode(request)
      if let problem = check(event, request) { return problem }
      do {
        try provider.checkFreshness(of: event, at: now)
        tally.events += 1
        try provider.checkFreshness(of: event, at: now.addingTimeInterval(100_000))
        return event.occurredAt == nil ? nil : "a stale event passed"
      } catch {
        tally.stale += 1
        text = "\(error)"
      }
    } catch let error as CallbackDecodingError {
      tally.undecodable += 1
      text = "\(error) \(String(reflecting: error))"
    } catch let error as VerificationError {
      tally.unverified += 1
      text = "\(error) \(String(reflecting: error))"
    } catch {
      return "an error of another type: \(type(of: error))"
    }
    return text.contains(marker) || !text.utf8.allSatisfy({ $0 >= 0x20 }) ? "the error quotes the body" : nil
  }

  private static func check(_ event: CallbackEvent, _ request: CallbackRequest) -> String? {
    guard event.rawBody == request.body, event.provider == "smooven", !event.name.isEmpty else {
      return "the event is not the request's"
    }
    guard event.kind == .other || (event.occurredAt != nil && event.correlationIDs.count == 1) else {
      return "an event that settles has no time or no id"
    }
    guard !event.deduplicationKey.isEmpty, !event.deduplicationKey.contains(marker) else {
      return "the deduplication key holds the body"
    }
    guard SmoovenCallback(event) != nil else { return "the typed view is missing" }
    guard "\(event)".utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      return "the event prints controls"
    }
    return nil
  }
}
