internal import Foundation
internal import Smooven
package import SmoovenTesting
internal import Synchronization

/// Seeded episodes of several clients on one store, for a given number of steps.
///
/// Clients, trackers, intake and store are the real ones. The seed decides the order of all their steps, what the
/// service replies, when callbacks arrive and at which client, when the store fails, and when a process ends.
package enum Simulation {
  package struct Tally: Sendable, Equatable, Codable {
    package var episodes = 0
    package var steps = 0
    package var callers = 0
    package var posts = 0
    package var events = 0
    package var crashes = 0
    package var trace: UInt64 = 0
    package var violations: [String] = []

    fileprivate init() {}

    /// Reads the tally that another process printed.
    package init(printed output: [UInt8]) throws {
      let lines = output.split(separator: UInt8(ascii: "\n"))
      self = try JSONDecoder().decode(Tally.self, from: Data(lines.last { $0.starts(with: "{".utf8) } ?? []))
    }

    /// Prints the tally, for the process that started this one.
    package func print() {
      guard let data = try? JSONEncoder().encode(self) else { return }
      FileHandle.standardOutput.write(Data("\n".utf8) + data + Data("\n".utf8))
    }
  }

  /// The episode to examine, by the seed and the number in a violation.
  ///
  /// What happens in it is printed.
  package static var episode: (seed: UInt64, number: Int)? {
    let words = ProcessInfo.processInfo.environment["SMOOVEN_EPISODE"]?.split(separator: "-") ?? []
    guard words.count == 2, let seed = UInt64(words[0]), let number = Int(words[1]) else { return nil }
    return (seed, number)
  }

  /// Runs episodes until the number of steps is done, or a rule is broken.
  ///
  /// - Parameters:
  ///   - seed: Determines everything.
  ///   - steps: The number of steps.
  ///   - episode: The only episode to run. Defaults to `nil`, for all.
  ///   - makeStores: Returns, for each episode, a function that opens the store of a client, given its clock.
  /// - Returns: What was done, and the rules that were broken.
  package static func run(
    seed: UInt64,
    steps: Int,
    only episode: Int? = nil,
    makeStores: @escaping @Sendable () -> @Sendable (ManualClock) async throws -> SimulatedBase
  ) -> Tally {
    var tally = Tally()
    var number = episode ?? 0
    while tally.steps < steps, tally.violations.isEmpty {
      let episodeSeed = seed &+ UInt64(number) &* 0x9E37_79B9
      var run = SimulatedEpisode(name: "\(seed)-\(number)", seed: episodeSeed, makeStore: makeStores())
      if episode != nil { run.world.state.withLock { $0.story = [] } }
      run.run()
      for line in run.world.state.withLock({ $0.story ?? [] }) { Swift.print(line) }
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
