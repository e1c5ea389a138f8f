import Foundation
import HTTPTypes
import Smooven
import SmoovenHTTP
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@Suite("In-memory store: the window of a busy endpoint", .timeLimit(.minutes(10)))
struct DeduplicationWindowTests {
  private static let start = Date(timeIntervalSince1970: 1_772_697_600)
  private static let capacity = 10_000
  private static let minimumWindow = 300.0
  private static let isStress = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1"

  private let time = Watched(start)

  /// Returns a store of 10,000 keys whose own clock follows the story.
  private func makeStore() -> InMemoryDeliveryStore {
    InMemoryDeliveryStore(
      capacity: Self.capacity,
      retention: .seconds(26 * 3_600 + 900),
      deliveryRetention: .seconds(86_400),
      minimumWindow: .seconds(Self.minimumWindow),
      unclaimedEvents: 1_000,
      monotonic: { [time] in .seconds(time.read { $0 }.timeIntervalSince(Self.start)) }
    )
  }

  private func expect(
    _ tally: WindowStory.Tally,
    of story: WindowStory,
    in store: InMemoryDeliveryStore
  ) async throws {
    #expect(tally.stored == story.count && tally.refused.isEmpty, "\(tally.refused.prefix(3))")
    #expect(tally.wrongReplays.isEmpty, "\(tally.wrongReplays.prefix(3))")
    #expect(tally.duplicates > story.count / 1_000 && tally.tooOld > story.count / 1_000)
    let keys = try #require(await store.usage()).keys
    let busy = try #require(keys["smooven"])
    #expect(busy.capacity == Self.capacity && busy.count <= Self.capacity)
    let floor = try #require(busy.floor)
    let window = try #require(busy.newest).timeIntervalSince(floor)
    #expect(window >= Self.minimumWindow && window <= WindowStory.window)
    #expect(keys["quiet"]?.count == tally.quiet && keys["quiet"]?.floor == nil)
  }

  @Test(
    "10,000 keys with a million callbacks in 10 hours: every callback is stored, and no replay",
    arguments: [1, 2] as [UInt64]
  )
  func million(_ seed: UInt64) async throws {
    let story = WindowStory(
      capacity: Self.capacity,
      count: Self.isStress ? 1_000_000 : 100_000,
      start: Self.start
    )
    let store = makeStore()
    var random = SeededGenerator(seed: seed)
    let tally = try await story.tell(
      minimumWindow: Self.minimumWindow,
      random: &random,
      usage: { try await store.usage() },
      offer: { offer in
        time.update { $0 = offer.now }
        var event = event(.sent, id: "ntf_\(offer.number)", key: "\(offer.number)")
        event.signedAt = offer.signedAt
        event.endpoint = offer.isQuiet ? "quiet" : "smooven"
        let callback = StoredCallback(event, receivedAt: offer.now)
        return try await #require(store.append([callback]).first)
      }
    )
    try await expect(tally, of: story, in: store)
  }

  @Test("The same through a receiver: signed requests, each of which is published once")
  func requests() async throws {
    let story = WindowStory(
      capacity: Self.capacity,
      count: Self.isStress ? 100_000 : 15_000,
      start: Self.start
    )
    let store = makeStore()
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(testKey)), CallbackEndpoint(.smooven(testKey), name: "quiet")],
      store: store,
      limits: DeliveryLimits(earlyEvents: .never),
      now: { [time] in time.read { $0 } }
    )
    let published = Atomic(0)
    receiver.observe({ _ in published.add(1, ordering: .relaxed) }, onFinish: {})
    var random = SeededGenerator(seed: 3)
    let tally = try await story.tell(
      minimumWindow: Self.minimumWindow,
      random: &random,
      usage: { try await store.usage() },
      offer: { offer in
        time.update { $0 = offer.now }
        let before = published.load(ordering: .relaxed)
        let response: HTTPResponse
        switch receiver.respond(to: request(offer)) {
        case .now(let now): response = now.head
        case .later(let work): response = await work().head
        }
        if published.load(ordering: .relaxed) == before + 1 { return .stored }
        return response.status == .unauthorized ? .tooOld : .duplicate
      }
    )
    try await expect(tally, of: story, in: store)
    #expect(published.load(ordering: .relaxed) == tally.stored + tally.quiet)
  }

  /// Returns the same bytes each time.
  private func request(_ offer: WindowStory.Offer) -> CallbackRequest {
    let body = """
      {"event":"notification.sent","notification_id":"ntf_\(offer.number)","channel_used":"sms","status":"sent",\
      "timestamp":"\(RFC3339.format(offer.signedAt))"}
      """
    return SmoovenCallbackFixture.request(
      to: offer.isQuiet ? "/callbacks/quiet" : "/callbacks/smooven",
      body: Array(body.utf8),
      secret: testKey
    )
  }
}
