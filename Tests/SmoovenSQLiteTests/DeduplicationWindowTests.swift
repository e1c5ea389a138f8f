#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import TestSupport
import Testing

@testable import SmoovenTesting

@Suite("SQLite: the window of a busy endpoint", .timeLimit(.minutes(10)))
struct DeduplicationWindowTests {
  @Test("All callbacks of several hours are stored, and no replays, over restarts")
  func window() async throws {
    let folder = try TemporaryFolder()
    let (capacity, minimumWindow) = (1_000, 300.0)
    let configuration = SQLiteStoreConfiguration(
      capacity: capacity,
      minimumWindow: .seconds(minimumWindow),
      durability: .normal
    )
    func open() async throws -> SQLiteDeliveryStore {
      try await SQLiteDeliveryStore(path: folder.file(), configuration: configuration)
    }
    let story = WindowStory(capacity: capacity, count: 6_000 * stressFactor, start: start)
    var store = try await open()
    var count = 0
    var random = SeededGenerator(seed: 1)
    let tally = try await story.tell(
      minimumWindow: minimumWindow,
      random: &random,
      usage: { try await store.usage() },
      offer: { offer in
        count += 1
        if count % 1_000 == 0 {
          await store.close()
          store = try await open()
        }
        var event = event(offer.number)
        event.signedAt = offer.signedAt
        event.endpoint = offer.isQuiet ? "quiet" : "smooven"
        return try await #require(store.append([StoredCallback(event, receivedAt: offer.now)]).first)
      }
    )
    #expect(tally.stored == story.count && tally.refused.isEmpty, "\(tally.refused.prefix(3))")
    #expect(tally.wrongReplays.isEmpty, "\(tally.wrongReplays.prefix(3))")
    #expect(tally.duplicates > story.count / 1_000 && tally.tooOld > story.count / 1_000)
    let keys = try #require(await store.usage()).keys
    let busy = try #require(keys["smooven"])
    let window = try #require(busy.newest).timeIntervalSince(try #require(busy.floor))
    #expect(busy.count <= capacity && window >= minimumWindow && window <= WindowStory.window)
    #expect(keys["quiet"]?.count == tally.quiet && keys["quiet"]?.floor == nil)
    await store.close()
  }
}
#endif
