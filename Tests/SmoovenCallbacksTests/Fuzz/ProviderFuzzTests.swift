import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

/// Broken and hostile requests through all three checks of each provider.
///
/// `SMOOVEN_FUZZ_ITERATIONS` sets the number of inputs for each provider, over all seeds. With `SMOOVEN_STRESS=1`, as
/// in `.ci/long`, it's ten times the default.
@Suite("Every provider: fuzzed requests", .timeLimit(.minutes(60)))
struct ProviderFuzzTests {
  static let iterations =
    ProcessInfo.processInfo.environment["SMOOVEN_FUZZ_ITERATIONS"].flatMap { UInt32($0) }.map(Int.init)
    ?? (ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 80_000 : 8_000)
  static let seeds: [UInt64] = [1, 2, 3, 4]

  @Test("No input traps, no error quotes the body", arguments: FuzzSubject.all, seeds)
  func fuzz(_ subject: FuzzSubject, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var tally = FuzzTally()
    for _ in 0..<Self.iterations / Self.seeds.count {
      let request = Self.request(subject, &random)
      // One in eight arrives at some other time.
      let age = random.below(8) == 0 ? Double(random.below(4_000_000) - 2_000_000) : 0
      if let problem = Self.run(subject, request, at: subject.time.addingTimeInterval(age), &tally) {
        Issue.record("\(problem); seed \(seed), body \(request.body), headers \(request.head.headerFields)")
        return
      }
    }
    // Every path is taken often enough to be meaningful. Without a signature, there are only two.
    let counts =
      [tally.events, tally.undecodable] + (subject.provider.isSigned ? [tally.stale, tally.unverified] : [])
    for count in counts { #expect(count >= Self.iterations / 400, "\(tally)") }
  }

  /// Creates a request.
  ///
  /// Most have a valid signature, because most of the code is behind it.
  private static func request(_ subject: FuzzSubject, _ random: inout SeededGenerator) -> CallbackRequest {
    var body = random.pick(subject.corpus)
    for _ in 0..<random.below(4) { random.mutate(&body) }
    var request = subject.signed(body)
    if random.below(8) == 0 { breakHeader(of: &request, &random) }
    return request
  }

  /// Mutates, drops or repeats one header line.
  ///
  /// The value may be any bytes that a server lets through.
  private static func breakHeader(of request: inout CallbackRequest, _ random: inout SeededGenerator) {
    var fields = Array(request.head.headerFields)
    guard !fields.isEmpty else { return }
    let index = random.below(fields.count)
    var value = Array(fields[index].value.utf8)
    switch random.below(8) {
    case 0: fields.remove(at: index)
    case 1: fields.append(fields[index])
    default:
      for _ in 0...random.below(3) { random.mutate(&value) }
      fields[index] = HTTPField(name: fields[index].name, value: value)
    }
    request.head.headerFields = HTTPFields(fields)
  }

  /// Returns what is wrong with how a request was handled, or `nil` if nothing is.
  private static func run(
    _ subject: FuzzSubject,
    _ request: CallbackRequest,
    at now: Date,
    _ tally: inout FuzzTally
  ) -> String? {
    let text: String
    do {
      let event = try subject.provider.event(from: request, at: now)
      tally.events += 1
      return check(event, request, subject)
    } catch let error as CallbackDecodingError {
      tally.undecodable += 1
      text = "\(error) \(String(reflecting: error))"
    } catch let error as VerificationError {
      if [.tooOld, .tooNew].contains(error.code) { tally.stale += 1 } else { tally.unverified += 1 }
      text = "\(error) \(String(reflecting: error))"
    } catch {
      return "an error of another type: \(type(of: error))"
    }
    let isQuoting = text.contains(FuzzSubject.marker) || !text.utf8.allSatisfy { $0 >= 0x20 }
    return isQuoting ? "the error quotes the body" : nil
  }

  private static func check(
    _ event: CallbackEvent,
    _ request: CallbackRequest,
    _ subject: FuzzSubject
  ) -> String? {
    guard event.rawBody == request.body, event.provider == subject.provider.name, !event.name.isEmpty else {
      return "the event is not the request's"
    }
    guard !event.deduplicationKey.isEmpty, !event.correlationIDs.contains("") else {
      return "an empty id would match other empty ids"
    }
    guard event.provider != "smooven" || checkSmooven(event, subject) else {
      return "a stale event passed, or one that settles has no time or no id"
    }
    for value in [event as Any] + event.typedViews
    where !"\(value)".utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      return "\(type(of: value)) prints controls"
    }
    return nil
  }

  /// Checks the time of Smooven's events, which is signed only in the body.
  private static func checkSmooven(_ event: CallbackEvent, _ subject: FuzzSubject) -> Bool {
    let passesLater = (try? subject.provider.checkFreshness(of: event, at: .distantFuture)) != nil
    return passesLater == (event.occurredAt == nil)
      && (event.kind == .other || (event.occurredAt != nil && event.correlationIDs.count == 1))
  }
}
