package import Smooven
internal import Synchronization
internal import SmoovenTesting

/// Seeded episodes of several clients on one store, for as many steps as are asked for.
///
/// Clients, trackers, intake and store are the real ones. Chance decides the order of all their steps, what the
/// service replies, when callbacks arrive and at which client, what the store fails at, and when a process ends.
package struct Simulation {
  package struct Tally: Sendable, Equatable {
    package var episodes = 0
    package var steps = 0
    package var callers = 0
    package var posts = 0
    package var events = 0
    package var crashes = 0
    package var trace: UInt64 = 0
    package var violations: [String] = []
  }

  /// Runs episodes until that many steps are done, or a rule is broken.
  package static func run(
    seed: UInt64,
    steps: Int,
    only episode: Int? = nil,
    makeStore: @escaping @Sendable (_ episode: Int) -> @Sendable (Int) async throws -> any DeliveryStore
  ) -> Tally {
    var tally = Tally()
    var number = episode ?? 0
    while tally.steps < steps, tally.violations.isEmpty {
      let episodeSeed = seed &+ UInt64(number) &* 0x9E37_79B9
      var run = SimulatedEpisode(name: "\(seed)-\(number)", seed: episodeSeed, makeStore: makeStore(number))
      run.run()
      tally.add(run)
      number += 1
      if episode != nil { break }
    }
    return tally
  }
}

extension Simulation.Tally {
  fileprivate mutating func add(_ episode: borrowing SimulatedEpisode) {
    episodes += 1
    steps += episode.steps
    episode.world.state.withLock { state in
      callers += state.callers.count
      posts += state.posts.values.reduce(0, +)
      events += state.log.count
      crashes += state.clients.count(where: \.isCrashed)
      trace = (trace ^ state.trace) &* 0x100_0000_01b3
      violations += state.violations
    }
  }
}
