import Smooven
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport

/// The planned faults of a store's operations, by a manual clock, until they are over.
final class StoreFaults: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    /// Fails without doing anything.
    case failing
    /// Does nothing, and doesn't return.
    case hanging
    /// Does it 3 s later.
    case late
    /// Does it, and fails.
    case failingAfterwards
    /// Does it, and doesn't return.
    case hangingAfterwards

    var isAfterwards: Bool { self == .failingAfterwards || self == .hangingAfterwards }
  }

  /// A moment at which an operation may fail: the nth time, before or after it's done.
  struct Moment: Hashable, Sendable {
    var step: HookedStore.Step
    var isAfterwards: Bool
    /// Counted from 1.
    var number: Int
  }

  typealias Plan = @Sendable (Moment) -> Kind?

  private let clock: ManualClock
  private let plan: Plan
  private let isOver = Watched(false)
  private let counts = Mutex<[Moment: Int]>([:])

  init(clock: ManualClock, plan: @escaping Plan) {
    self.clock = clock
    self.plan = plan
  }

  /// Plans that one operation fails once.
  static func once(_ kind: Kind, _ step: HookedStore.Step, number: Int) -> Plan {
    { moment in
      moment == Moment(step: step, isAfterwards: kind.isAfterwards, number: number) ? kind : nil
    }
  }

  /// Plans that an operation always fails, from the nth time on.
  static func always(_ kind: Kind, _ step: HookedStore.Step, from number: Int) -> Plan {
    { moment in
      moment.step == step && moment.isAfterwards == kind.isAfterwards && moment.number >= number ? kind : nil
    }
  }

  /// Plans that about one in five operations fails.
  static func random(seed: UInt64) -> Plan {
    { moment in
      let step = UInt64(HookedStore.Step.allCases.firstIndex(of: moment.step) ?? 0)
      var generator = SeededGenerator(seed: seed &* 1_000 &+ step &* 100 &+ UInt64(moment.number))
      guard Int.random(in: 0..<5, using: &generator) == 0 else { return nil }
      return Kind.allCases.filter { $0.isAfterwards == moment.isAfterwards }.randomElement(using: &generator)
    }
  }

  /// Returns a store that fails.
  ///
  /// Several stores may share the faults.
  func store(over base: any DeliveryStore) -> HookedStore {
    HookedStore(
      base,
      before: { [self] in try await meet($0, isAfterwards: false) },
      after: { [self] in try await meet($0, isAfterwards: true) }
    )
  }

  /// Lets hanging operations continue, and lets nothing fail from now on.
  func end() { isOver.update { $0 = true } }

  private func meet(_ step: HookedStore.Step, isAfterwards: Bool) async throws {
    if isOver.read(\.self) { return }
    let number = counts.withLock { counts in
      let moment = Moment(step: step, isAfterwards: isAfterwards, number: 0)
      counts[moment, default: 0] += 1
      return counts[moment, default: 0]
    }
    // In separate tasks, because a disk doesn't care whether the caller still exists.
    switch plan(Moment(step: step, isAfterwards: isAfterwards, number: number)) {
    case nil: return
    case .failing, .failingAfterwards: throw DeliveryStoreError(.unavailable, "planned")
    case .hanging, .hangingAfterwards:
      await Task { [isOver] in _ = try? await isOver.first { $0 ? true : nil } }.value
    case .late:
      await Task { [clock] in try? await clock.sleep(for: .seconds(3)) }.value
    }
  }
}
