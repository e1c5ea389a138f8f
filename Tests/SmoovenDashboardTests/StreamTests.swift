import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenDashboard
import SmoovenTesting
import Testing

@Suite("Stream of the dashboard", .timeLimit(.minutes(1)))
struct StreamTests {
  /// One event of a stream.
  private struct Event {
    var name = ""
    var id = ""
    var data = JSONValue.null

    var numbers: [Int64] { data["entries"]?.arrayValue?.compactMap { $0["number"]?.integerValue } ?? [] }

    init(_ piece: [UInt8]?) throws {
      for line in String(decoding: piece ?? [], as: UTF8.self).split(separator: "\n") {
        if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
        if line.hasPrefix("id: ") { id = String(line.dropFirst(4)) }
        if line.hasPrefix("data: ") { data = try JSONValue(parsing: Array(line.dropFirst(6).utf8)) }
      }
    }
  }

  private static func stream(
    _ client: Client,
    after id: String? = nil
  ) async throws -> DashboardEvents.AsyncIterator {
    let fields: HTTPFields = try id.map { [try #require(HTTPField.Name("Last-Event-ID")): $0] } ?? [:]
    let reply = await client.send(.get, "/api/stream", fields)
    #expect(reply.status == 200 && reply.head.headerFields[.contentType] == "text/event-stream")
    var events = try #require(reply.events).makeAsyncIterator()
    // Something immediately, so that the client sees that it's connected.
    #expect(await events.next()?.isEmpty == false)
    return events
  }

  @Test("It begins with what happens next, and continues after the last id")
  func order() async throws {
    let feed = FakeFeed()
    feed.append(5)
    let client = Client(feed: feed)
    var events = try await Self.stream(client)
    feed.append(2)
    var event = try Event(await events.next())
    #expect(event.name == "entries" && event.numbers == [6, 7] && event.id == "7")
    feed.append(1)
    event = try Event(await events.next())
    #expect(event.numbers == [8])
    events = try await Self.stream(client, after: "3")
    event = try Event(await events.next())
    #expect(event.numbers == [4, 5, 6, 7, 8])
  }

  @Test("A reader that is far behind is reset, and learns where to continue", arguments: ["0", "5000"])
  func reset(id: String) async throws {
    let feed = FakeFeed()
    feed.append(2_000)
    var events = try await Self.stream(Client(feed: feed), after: id)
    let event = try Event(await events.next())
    #expect(event.name == "reset" && event.id == "2000")
    feed.append(1)
    #expect(try Event(await events.next()).numbers == [2_001])
  }

  @Test("A slow reader uses no memory until it reads, and a piece is at most 1 MiB")
  func slow() async throws {
    let feed = FakeFeed()
    feed.append(1)
    var events = try await Self.stream(Client(feed: feed))
    let long = String(repeating: "x", count: 100_000)
    feed.append(1_000, title: long, detail: long)
    let reads = feed.reads
    feed.append(1)
    #expect(feed.reads == reads)
    var total = 0
    while feed.newest > 0, let piece = await events.next() {
      total += piece.count
      #expect(piece.count < 1 << 18)
      if try Event(piece).id == "1002" { break }
    }
    #expect(total < 1 << 20)
  }

  @Test("A silent stream is kept open, and ends if its task is cancelled")
  func silence() async throws {
    let clock = ManualClock()
    let feed = FakeFeed()
    let events = try await Self.stream(Client(feed: feed, settings: DashboardSettings(clock: clock)))
    let pieces = Task {
      var events = events
      return [await events.next(), await events.next()]
    }
    #expect(await clock.nextTimer() == .seconds(15))
    clock.advance(by: .seconds(15))
    #expect(await clock.nextTimer() == .seconds(15))
    pieces.cancel()
    let got = await pieces.value
    #expect(got.first == Array(": still here\n\n".utf8))
    #expect(got.last == .some(nil))
  }
}
