#if SQLiteSupport
import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import SmoovenSQLite

/// Several clients, each with a connection to one file, under every order of their steps that a seed generates.
@Suite("SQLite: many clients, one file, simulated", .timeLimit(.minutes(30)))
struct SimulationTests {
  /// The number of steps: a tenth of 20,000, or a fiftieth of `SMOOVEN_MODEL_STEPS`.
  static var steps: Int {
    Int(ProcessInfo.processInfo.environment["SMOOVEN_MODEL_STEPS"] ?? "").map { $0 / 50 } ?? 2_000
  }

  // For the other process, in which the order of a dictionary must not depend on memory addresses.
  init() { unsafe setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1) }

  @Test("Every promise holds at every step, and the same seed has the same course")
  func promises() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      JobScheduler.takeOver()
      Self.run(seed: 1, steps: Self.steps).print()
      Self.run(seed: 2, steps: 500).print()
      Self.run(seed: 2, steps: 500).print()
    }
    let lines = (result?.standardOutputContent ?? []).split(separator: UInt8(ascii: "\n"))
    let tallies = try lines.filter { $0.starts(with: "{".utf8) }
      .map { try Simulation.Tally(printed: Array($0)) }
    try #require(tallies.count == 3)
    for violation in tallies.flatMap(\.violations) { Issue.record(Comment(rawValue: violation)) }
    #expect(tallies[0].callers > tallies[0].episodes && tallies[0].posts > tallies[0].episodes / 2)
    #expect(tallies[1] == tallies[2])
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
    // One folder for all, because SQLite must not find the inode of a file that was removed while a client had it open.
    let folder = Result { try TemporaryFolder() }
    let files = Mutex(0)
    return Simulation.run(seed: seed, steps: steps, only: episode) {
      let number = files.withLock { count in
        count += 1
        return count
      }
      return { clock in
        let store = try await SQLiteDeliveryStore(
          path: try folder.get().file("\(number).sqlite"),
          configuration: SQLiteStoreConfiguration(durability: .normal),
          clock: StoreClock {
            StoreInstant(epoch: "simulated", nanoseconds: 0).advanced(by: clock.now.offset)
          }
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

/// The follower of one client's connection, without its timer.
private actor Looking {
  private var follower: StoreFollower
  private let found: Found

  init(_ store: SQLiteDeliveryStore, _ interests: DeliveryInterests) {
    let found = Found()
    self.found = found
    follower = StoreFollower(store: store, interests: interests) { change in
      found.changes.withLock { $0.append(change) }
    }
  }

  func look() async throws -> [StoreChange] {
    var next = follower
    try await next.look(own: .init())
    follower = next
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
