#if PostgresSupport
import Foundation
import Smooven
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import SmoovenPostgres

/// Several clients, each a replica of one database, under every order of their steps that a seed generates.
@Suite(
  "PostgreSQL: many replicas, simulated",
  .enabled(if: PostgresServer.isAvailable),
  .timeLimit(.minutes(30))
)
struct SimulationTests {
  /// The number of steps: 5,000, or a fiftieth of `SMOOVEN_MODEL_STEPS`.
  static var steps: Int {
    Int(ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"] ?? "").map { $0 / 50 } ?? 5_000
  }

  // For the other process, in which the order of a dictionary must not depend on memory addresses.
  init() { unsafe setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1) }

  // The seed doesn't determine the order in which a real server works, so the same seed may have another course.
  @Test("Every promise holds at every step")
  func promises() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      Self.run(seed: 1, steps: Self.steps).print()
    }
    let lines = (result?.standardOutputContent ?? []).split(separator: UInt8(ascii: "\n"))
    let tallies = try lines.filter { $0.starts(with: "{".utf8) }
      .map { try Simulation.Tally(printed: Array($0)) }
    try #require(tallies.count == 1)
    for violation in tallies.flatMap(\.violations) { Issue.record(Comment(rawValue: violation)) }
    #expect(tallies[0].callers > tallies[0].episodes && tallies[0].posts > tallies[0].episodes / 2)
  }

  @Test("The episode to examine", .enabled(if: Simulation.episode != nil))
  func oneEpisode() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      guard let (seed, number) = Simulation.episode else { return }
      Self.run(seed: seed, steps: 1, only: number).print()
    }
    print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
  }

  private static func run(seed: UInt64, steps: Int, only episode: Int? = nil) -> Simulation.Tally {
    Simulation.run(seed: seed, steps: steps, only: episode) {
      let schema = newSchema()
      return { clock in
        let instant = { @Sendable in
          StoreInstant(epoch: "simulated", nanoseconds: 0).advanced(by: clock.now.offset)
        }
        let store = try await PostgresDeliveryStore(
          configuration: PostgresStoreConfiguration(
            url: try PostgresServer.shared.get().url(),
            schema: schema,
            usesNotifications: false
          ),
          clock: instant,
          isDriven: false,
          monotonic: { .nanoseconds(instant().nanoseconds) }
        )
        return SimulatedBase(
          store,
          makeLook: { interests in
            let looking = Looking(store, interests)
            return { try await looking.look() }
          },
          close: { await store.close() }
        )
      }
    }
  }
}

/// The poll of one replica, without its timer.
private actor Looking {
  private let store: PostgresDeliveryStore
  private let interests: DeliveryInterests
  private let news: Watched<ReplicaNews>
  private var poll = ReplicaHub.PollProgress()
  private let found = Found()

  init(_ store: PostgresDeliveryStore, _ interests: DeliveryInterests) {
    self.store = store
    self.interests = interests
    news = store.hub.add(interests).news
  }

  func look() async throws -> [StoreChange] {
    var next = poll
    if next.seen == nil {
      try await store.hub.register(&next) { [store] in try await store.writes.perform($0) }
    }
    try await store.hub.look(&next)
    poll = next
    let taken = news.update { news in
      defer { news = ReplicaNews() }
      return news
    }
    try await store.report(taken, interests) { [found] change in found.changes.withLock { $0.append(change) }
    }
    return found.changes.withLock { changes in
      defer { changes = [] }
      return changes
    }
  }
}

private final class Found: Sendable {
  let changes = Mutex<[StoreChange]>([])
}
#endif
