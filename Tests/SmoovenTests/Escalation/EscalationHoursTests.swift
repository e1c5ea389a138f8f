import Foundation
import Testing

@testable import Smooven

@Suite("Hours of a step") struct EscalationHoursTests {
  func date(_ text: String) throws -> Date { try #require(RFC3339.parse(text)) }

  func hours(_ from: String, _ to: String, _ zone: String = "Australia/Sydney") -> EscalationHours {
    EscalationHours(from: from, to: to, timeZone: zone, otherwise: .hold)
  }

  /// A moment, and when the hours begin again, or `nil` if they are open.
  struct Case: Sendable {
    var hours: EscalationHours
    var at: String
    var opens: String?
  }

  static func sydney(_ from: String, _ to: String, at: String, opens: String?) -> Case {
    Case(
      hours: EscalationHours(from: from, to: to, timeZone: "Australia/Sydney", otherwise: .hold),
      at: at,
      opens: opens
    )
  }

  @Test(
    "Open, or when they begin again",
    arguments: [
      // Winter, ten hours ahead of UTC.
      sydney("07:00", "23:00", at: "2026-07-01T12:59:59Z", opens: nil),
      sydney("07:00", "23:00", at: "2026-07-01T13:00:00Z", opens: "2026-07-01T21:00:00Z"),
      sydney("07:00", "23:00", at: "2026-07-01T20:59:59Z", opens: "2026-07-01T21:00:00Z"),
      sydney("07:00", "23:00", at: "2026-07-01T21:00:00Z", opens: nil),
      // Over midnight.
      sydney("22:00", "06:00", at: "2026-07-01T12:00:00Z", opens: nil),
      sydney("22:00", "06:00", at: "2026-07-01T19:59:59Z", opens: nil),
      sydney("22:00", "06:00", at: "2026-07-01T20:00:00Z", opens: "2026-07-02T12:00:00Z"),
      // The clocks go forward on 4 October 2026: 01:59 is followed by 03:00, which is 16:00 UTC.
      sydney("02:30", "09:00", at: "2026-10-03T15:59:59Z", opens: "2026-10-03T16:00:00Z"),
      sydney("02:30", "09:00", at: "2026-10-03T16:00:00Z", opens: nil),
      sydney("07:00", "23:00", at: "2026-10-03T15:00:00Z", opens: "2026-10-03T20:00:00Z"),
      sydney("07:00", "23:00", at: "2026-10-03T20:00:00Z", opens: nil),
      // The clocks go back on 5 April 2026: 02:59 is followed by 02:00, so 02:30 occurs twice, at 15:30 and 16:30 UTC.
      sydney("02:30", "02:45", at: "2026-04-04T15:29:59Z", opens: "2026-04-04T15:30:00Z"),
      sydney("02:30", "02:45", at: "2026-04-04T15:30:00Z", opens: nil),
      sydney("02:30", "02:45", at: "2026-04-04T16:31:00Z", opens: nil),
      sydney("07:00", "23:00", at: "2026-04-04T15:00:00Z", opens: "2026-04-04T21:00:00Z"),
      Case(
        hours: EscalationHours(from: "09:00", to: "17:00", timeZone: "America/New_York", otherwise: .skip),
        at: "2026-03-08T12:59:59Z",
        opens: "2026-03-08T13:00:00Z"
      ),
    ]
  )
  func window(story: Case) throws {
    let window = story.hours.window(at: try date(story.at))
    #expect(window == (try story.opens.map { .closed(until: try date($0)) } ?? .open))
  }

  @Test("What isn't a time or a zone is refused")
  func invalid() {
    for hours in [
      hours("7:00", "23:00"), hours("24:00", "23:00"), hours("07:60", "23:00"), hours("07:00", "07:00"),
      hours("07:00", "23:00", "Mars/Olympus"), hours("", ""), hours("0٧:00", "23:00"),
    ] {
      #expect(throws: SmoovenError.self) { try hours.validate() }
    }
  }
}
