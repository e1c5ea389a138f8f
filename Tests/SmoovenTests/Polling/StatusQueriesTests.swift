import SmoovenSupport
import SmoovenTesting
import Testing

@testable import Smooven

/// Limits, jitter and pauses of the queries at deadlines.
@Suite("Status queries", .timeLimit(.minutes(1))) struct StatusQueriesTests {
  @Test("A pause in the response to a GET holds back the next queries, and the same one again")
  func retryAfter() async throws {
    let clock = ManualClock()
    let delivery = DeliveryClock(clock)
    let queries = StatusQueries(limit: 4)
    let answers = AnswerList([.failure(.limited(2)), .success(1), .success(2)])
    async let first = queries.perform(deadline: .zero, until: .seconds(5), clock: delivery) {
      try answers.next()
    }
    #expect(await clock.nextTimer() == .seconds(2))
    async let second = queries.perform(deadline: .zero, until: .seconds(5), clock: delivery) {
      try answers.next()
    }
    // Several are spread over a moment. Here that is nothing, and then there is the pause.
    #expect(await clock.nextTimer() == .seconds(2))
    clock.advance(by: .seconds(2))
    let results = try await [first, second].compactMap(\.self)
    #expect(results.sorted() == [1, 2])
  }

  @Test("A pause that ends too late ends the query, and during it nothing is asked")
  func tooLong() async throws {
    let delivery = DeliveryClock(ManualClock())
    let queries = StatusQueries(limit: 4)
    let answers = AnswerList([.failure(.limited(60)), .success(1)])
    for _ in 0..<3 {
      let result = try await queries.perform(deadline: .zero, until: .seconds(5), clock: delivery) {
        try answers.next()
      }
      #expect(result == nil)
    }
    #expect(answers.left == 1)
  }

  @Test("A failure that names no pause is thrown")
  func failure() async throws {
    let delivery = DeliveryClock(ManualClock())
    let answers = AnswerList([.failure(.limited(nil))])
    await #expect(throws: SmoovenError.self) {
      _ = try await StatusQueries(limit: 4).perform(deadline: .zero, until: .seconds(5), clock: delivery) {
        try answers.next()
      }
    }
  }

  private let half: @Sendable () -> Double = { 0.5 }

  @Test("A single query is sent immediately, and of several, those after the first are spread")
  func jitter() async throws {
    let clock = ManualClock()
    let delivery = DeliveryClock(clock)
    let queries = StatusQueries(limit: 4)
    let (started, gate) = (Watched(false), Watched(false))
    async let first = queries.perform(deadline: .zero, until: .seconds(5), clock: delivery, jitter: half) {
      started.update { $0 = true }
      return try await gate.first { $0 ? 1 : nil }
    }
    try await started.first { $0 ? () : nil }
    async let second = queries.perform(deadline: .zero, until: .seconds(5), clock: delivery, jitter: half) {
      2
    }
    #expect(await clock.nextTimer() == .milliseconds(125))
    clock.advance(by: .milliseconds(125))
    #expect(try await second == 2)
    gate.update { $0 = true }
    #expect(try await first == 1)
  }

  @Test("A limit of requests per second applies to the queries at deadlines, too")
  func pace() async throws {
    let clock = ManualClock()
    let delivery = DeliveryClock(clock)
    let queries = StatusQueries(limit: 1, requestsPerSecond: 20)
    for number in 0..<3 {
      async let result = queries.perform(deadline: .zero, until: .seconds(5), clock: delivery) { number }
      if number > 0 {
        #expect(await clock.nextTimer() == .milliseconds(50))
        clock.advance(by: .milliseconds(50))
      }
      #expect(try await result == number)
    }
  }
}

private final class AnswerList: Sendable {
  private let answers: Watched<[Result<Int, SmoovenError>]>

  init(_ answers: [Result<Int, SmoovenError>]) { self.answers = Watched(answers) }

  var left: Int { answers.read(\.count) }

  func next() throws -> Int { try answers.update { $0.removeFirst() }.get() }
}

extension SmoovenError {
  fileprivate static func limited(_ seconds: Int?) -> SmoovenError {
    SmoovenError(.rateLimited, "wait", status: 429, attempts: 1, retryAfter: seconds.map { .seconds($0) })
  }
}
