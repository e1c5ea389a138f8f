import Foundation
import Smooven
import Testing

@Suite("When to try again") struct RetryPolicyTests {
  private let policy = SmoovenConfiguration.RetryPolicy(
    maximumAttempts: 4,
    initialBackoff: .seconds(1),
    maximumBackoff: .seconds(3),
    multiplier: 2
  )

  private func pause(
    _ error: SmoovenError,
    attempt: Int = 1,
    left: Duration = .seconds(60),
    jitter: Double = 1
  ) -> Duration? {
    policy.pause(
      after: error,
      attempt: attempt,
      now: .seconds(5),
      deadline: .seconds(5) + left,
      jitter: jitter
    )
  }

  @Test(
    "A request that certainly wasn't carried out is tried again, with a backoff that doubles up to its maximum",
    arguments: [SmoovenError.Code.connectionFailed, .overloaded, .rateLimited, .unavailable, .serverError]
  )
  func repeated(code: SmoovenError.Code) {
    let error = SmoovenError(code, "")
    #expect(pause(error, attempt: 1) == .seconds(1))
    #expect(pause(error, attempt: 2) == .seconds(2))
    #expect(pause(error, attempt: 3) == .seconds(3))
    #expect(pause(error, attempt: 4) == nil)
  }

  @Test(
    "A permanent failure isn't tried again",
    arguments: [SmoovenError.Code.rejected, .unauthorized, .notFound, .unconfirmed, .storeFailed, .closed]
  )
  func final(code: SmoovenError.Code) {
    #expect(pause(SmoovenError(code, "")) == nil)
  }

  @Test("An unclear send is tried again only if the policy says so")
  func unclear() {
    let error = SmoovenError(.unconfirmed, "")
    let optIn = SmoovenConfiguration.RetryPolicy(retriesUnclearSends: true)
    #expect(optIn.pause(after: error, attempt: 1, now: .zero, deadline: .seconds(9)) != nil)
    #expect(
      SmoovenConfiguration.RetryPolicy.never.pause(
        after: error,
        attempt: 1,
        now: .zero,
        deadline: .seconds(9)
      ) == nil
    )
  }

  @Test("Jitter is full: a pause is any part of the backoff")
  func jitter() {
    let error = SmoovenError(.unavailable, "")
    #expect(pause(error, jitter: 0) == .zero)
    #expect(pause(error, attempt: 2, jitter: 0.25) == .milliseconds(500))
    let pauses = (0..<200).compactMap { _ in
      policy.pause(after: error, attempt: 1, now: .zero, deadline: .seconds(60))
    }
    #expect(pauses.count == 200)
    #expect(pauses.allSatisfy { (.zero ... .seconds(1)).contains($0) })
    #expect(pauses.contains { $0 < .milliseconds(300) } && pauses.contains { $0 > .milliseconds(700) })
  }

  @Test("Senders that were asked to wait don't wake together, and never too early")
  func retryAfter() {
    let error = SmoovenError(.rateLimited, "", retryAfter: .seconds(2))
    #expect(pause(error, jitter: 0) == .seconds(2))
    #expect(pause(error, jitter: 1) == .seconds(4))
    // At most the maximum backoff is added, and at most half of the remaining time.
    #expect(pause(SmoovenError(.rateLimited, "", retryAfter: .seconds(20)), jitter: 1) == .seconds(23))
    #expect(pause(error, left: .seconds(3), jitter: 1) == .milliseconds(2_500))
    #expect(pause(error, left: .seconds(2), jitter: 0) == nil)
    // If nothing were added, they wouldn't be spread.
    #expect(pause(SmoovenError(.rateLimited, "", retryAfter: .zero), jitter: 1) == .seconds(1))
  }

  @Test("A pause that ends at the deadline or later isn't begun")
  func tooLate() {
    let error = SmoovenError(.unavailable, "")
    #expect(pause(error, left: .seconds(1)) == nil)
    #expect(pause(error, left: .milliseconds(1_001)) == .seconds(1))
    #expect(pause(error, left: .seconds(-1), jitter: 0) == nil)
  }

  @Test(
    "Retry-After is read in seconds and as a date, and is at most 366 days",
    arguments: [
      ("7", Duration.seconds(7)), (" 7 ", .seconds(7)), ("0", .zero), ("-1", nil), ("", nil), ("soon", nil),
      ("1.5", nil), ("1e400", nil), ("1e4", nil), ("-1e400", nil), ("inf", nil), ("nan", nil), ("0x10", nil),
      ("+5", nil), ("1 2", nil), ("\t7\t", .seconds(7)), ("７", nil), ("007", .seconds(7)), ("7, 8", nil),
      (String(repeating: "9", count: 100_000), .seconds(31_622_400)), ("\u{0}", nil),
      ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", nil), ("Sun, 99 Nov 1994 99:99:99 GMT", nil),
      ("Sat, 01 Jan 0000 00:00:00 GMT", .zero),
      ("99999999999", .seconds(31_622_400)), ("99999999999999999999999", .seconds(31_622_400)),
      ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)), ("Sun, 06 Nov 1994 08:48:00 GMT", .zero),
      ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(31_622_400)), ("Sun, 06 Nov 1994 08:49:37 EST", nil),
    ]
  )
  func values(text: String, expected: Duration?) {
    // 06 Nov 1994 08:49:00.
    #expect(RetryAfter.pause(text, now: Date(timeIntervalSince1970: 784_111_740)) == expected)
  }
}
