import HTTPTypes
import Smooven
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import SmoovenCommand

@Suite("The printer of events", .timeLimit(.minutes(1))) struct EventPrinterTests {
  private struct Printed {
    var lines: [Substring] = []
    var dropped = 0
    /// The events that were received and not printed, as a listener says at its end.
    var lost = 0
    var isFull = false
  }

  /// Returns what is printed of a number of events, all of which arrive while the reader is stalled.
  private func printed(
    _ count: Int,
    json: Bool = true,
    maximum: Int = .max,
    limit: Int = 1 << 20,
    isWritten: Bool = true
  ) async throws -> Printed {
    let key: Secret = "sk_test_0123456789"
    let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(key))])
    let printed = Watched(Printed())
    let printer = EventPrinter(receiver, json: json, maximum: maximum, limit: limit) { lines, dropped in
      printed.update {
        $0.lines += String(decoding: lines, as: UTF8.self).split(separator: "\n")
        $0.dropped += dropped
      }
      return isWritten
    }
    for number in 0..<count {
      let fixture = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_\(number)_")
      #expect(await receiver.receive(fixture.request(secret: key)).status == .ok)
    }
    receiver.close()
    await printer.run()
    printed.update { ($0.lost, $0.isFull) = (printer.lossCount, printer.isFull) }
    return printed.read(\.self)
  }

  @Test("After the maximum, what was accepted is counted, not dropped silently")
  func maximum() async throws {
    let printed = try await printed(12, maximum: 10)
    #expect(printed.lines.count == 10 && printed.lost == 2 && printed.isFull)
    #expect(try await self.printed(9, maximum: 10).isFull == false)
  }

  @Test("Only events that a slow or disconnected reader didn't get are lost")
  func losses() async throws {
    #expect(try await printed(5).lost == 0)
    #expect(try await printed(5, isWritten: false).lost == 5)
    let slow = try await printed(300, maximum: 10, limit: 600)
    #expect(
      slow.dropped > 0 && slow.lost == slow.dropped,
      "an event that was dropped isn't one of the maximum"
    )
    #expect(!slow.isFull)
  }

  @Test("Every event is printed, in arrival order", arguments: [false, true])
  func all(json: Bool) async throws {
    let printed = try await printed(300, json: json, limit: 1 << 20)
    #expect(printed.lines.count == 300 && printed.dropped == 0)
    for (number, line) in printed.lines.enumerated() { #expect(line.contains("ntf_\(number)_")) }
  }

  @Test(
    "What a stalled reader leaves unread is bounded, and the events above that are counted",
    arguments: [false, true]
  )
  func stalled(json: Bool) async throws {
    let printed = try await printed(300, json: json, limit: 2_000)
    #expect(printed.dropped > 0 && printed.lines.count + printed.dropped == 300)
    let bytes = printed.lines.reduce(0) { $0 + $1.utf8.count + 1 }
    let longest = printed.lines.map(\.utf8.count).max() ?? 0
    #expect((2_000...2_000 + longest).contains(bytes))
    for (number, line) in printed.lines.enumerated() { #expect(line.contains("ntf_\(number)_")) }
  }
}
