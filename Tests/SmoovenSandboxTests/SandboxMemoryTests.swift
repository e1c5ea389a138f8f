import HTTPTypes
import SmoovenCallbacks
import Testing

@testable import SmoovenSandbox

@Suite("The memory of the sandbox", .timeLimit(.minutes(1))) struct SandboxMemoryTests {
  @Test("Values above the limit are dropped, the oldest first, and a new one is not mistaken for an old one")
  func recent() {
    var values = RecentValues<Int, Int>(limit: 3) { _, _ in 1 }
    for key in 0..<5 { values.set(key, for: key) }
    #expect((0..<5).compactMap { values[$0] } == [2, 3, 4])
    // Removed and added again, it's the newest.
    values.remove(2)
    values.set(20, for: 2)
    values.set(5, for: 5)
    #expect([2, 3, 4, 5].map { values[$0] } == [20, nil, 4, 5])
    let old = values.set(40, for: 4)
    #expect(old == 4)
    #expect(values[4] == 40 && values.count == 3)
  }

  @Test("Bytes are limited too, and churn leaves nothing behind")
  func bytes() {
    var values = RecentValues<Int, [UInt8]>(limit: 1_000, maximumSize: 100) { $1.count }
    for key in 0..<10 { values.set(Array(repeating: 0, count: 40), for: key) }
    #expect(values.count == 2)
    for key in 0..<100_000 {
      values.set([1], for: -1 - key)
      values.remove(-1 - key)
    }
    #expect(values.count <= 2)
    values.set(Array(repeating: 0, count: 1_000), for: 1)
    #expect(values.count == 1 && values[1]?.count == 1_000)
  }

  @Test("A history drops its oldest entries above a number of bytes")
  func history() {
    var history = History<[UInt8]>(limit: 1_000, maximumSize: 100) { $0.count }
    for _ in 0..<50 { history.append(Array(repeating: 0, count: 30)) }
    #expect(history.elements.count <= 3 && history.total == 50)
  }

  @Test("Players, counts and busy recipients are bounded")
  func records() {
    var records = SandboxRecords(historyLimit: 10)
    for number in 0..<100 {
      records.countNotifyRequest(for: "user-\(number)")
      let isFirst = records.isFirst("busy-\(number)")
      #expect(isFirst)
    }
    #expect(records.notifyRequestCount(for: "user-0") == 0)
    #expect(records.notifyRequestCount(for: "user-99") == 1)
    let (forgotten, known) = (records.isFirst("busy-0"), !records.isFirst("busy-99"))
    #expect(forgotten && known)
  }

  @Test("While too many notifications are in progress, further ones get a 429")
  func overload() async throws {
    let configuration = SandboxConfiguration.fast {
      $0.historyLimit = 2
      // No story ends, because no sleep does.
      $0.clock = SteppingClock(limit: .zero)
    }
    try await withLab(configuration: configuration) { lab in
      for _ in 0..<2 { #expect(try await lab.notify("silent").status == 200) }
      let refused = try await lab.notify("silent")
      #expect(refused.status == 429 && refused.errorCode == "rate_limited")
      #expect(refused.headers[.retryAfter] == "1")
    }
  }

  @Test("User and password of a callback URL are sent as credentials")
  func credentials() async throws {
    try await withLab { lab in
      let url = lab.callbackURL.replacing("http://", with: "http://smobi:s3cret%21@")
      _ = try await lab.notify("silent", adding: ["callback_url": .string(url)])
      let received = try await lab.probe.received(1)
      #expect(received.first?.head.headerFields[.authorization] == "Basic c21vYmk6czNjcmV0IQ==")
    }
  }
}
