internal import Smooven
internal import SmoovenTesting
internal import Synchronization

/// The course of one episode.
struct SimulatedEpisode: ~Copyable {
  let world: SimulatedWorld
  private(set) var steps = 0
  private var order: SeededGenerator
  private var actionsLeft: Int
  private static let maximumSteps = 20_000

  init(
    name: String,
    seed: UInt64,
    makeStore: @escaping @Sendable (ManualClock) async throws -> SimulatedBase
  ) {
    order = SeededGenerator(seed: seed)
    let options = SimulationOptions(&order)
    world = SimulatedWorld(name: name, seed: seed ^ 0xABCD, options: options, makeStore: makeStore)
    actionsLeft = options.callerCount * 2
  }

  mutating func run() {
    world.tell("\(world.options)")
    Task { [world] in
      do {
        for _ in 0..<world.options.clientCount { try await world.startClient() }
      } catch {
        world.fail("a client does not start: \(error)")
      }
    }
    runJobs()
    while !isOver { step() }
    world.state.withLock { $0.wallOffset = 0 }
    if world.options.isCalm { lookAfterwards() }
    finish()
  }

  private var isOver: Bool {
    if steps > Self.maximumSteps { world.fail("it doesn't end") }
    return world.state.withLock { state in
      !state.violations.isEmpty || actionsLeft == 0 && state.callers.allSatisfy { $0.isDone || $0.isLost }
    }
  }

  private mutating func step() {
    if JobScheduler.runOne(&order) {
      // The number of jobs of an operation on other threads isn't the same each time.
      guard !JobScheduler.isExclusive else { return }
      steps += 1
      if actionsLeft > 0, Int.random(in: 0..<60, using: &order) == 0 { act() }
    } else {
      checkDeadlines()
      if actionsLeft > 0, Bool.random(using: &order) || !advance() { return act() }
      if actionsLeft == 0, !advance(), !isOver { world.fail("something waits that nothing is left to end") }
    }
  }

  /// Runs everything that can run without time passing.
  private mutating func runJobs() {
    while steps <= Self.maximumSteps, JobScheduler.runOne(&order) {
      if !JobScheduler.isExclusive { steps += 1 }
    }
  }

  private mutating func act() {
    actionsLeft -= 1
    let options = world.options
    switch Int.random(in: 0..<12, using: &order) {
    case 0 where options.cancels:
      let live = world.state.withLock { $0.callers.filter { !$0.isDone && !$0.isLost }.map(\.index) }
      if let caller = live.randomElement(using: &order) { world.cancel(caller) }
    case 1 where options.crashes: end { $0.crash($1) }
    case 2 where options.closes: end { $0.close($1) }
    case 3 where options.clockJumps:
      let jumps: [Double] = [25, 960, -25, -960, 0, 0]
      let hours = jumps.randomElement(using: &order) ?? 0
      world.tell("the wall clock is wrong by \(hours) h")
      world.state.withLock { $0.wallOffset = hours * 3_600 }
    default: world.startCaller()
    }
  }

  /// Ends one client, and starts another one in its place.
  private mutating func end(_ how: (SimulatedWorld, Int) -> Void) {
    guard let client = world.open.randomElement(using: &order)?.index else { return }
    how(world, client)
    Task { [world] in try? await world.startClient() }
  }

  /// Moves time to the next thing that happens.
  ///
  /// Returns `false` if nothing will.
  @discardableResult
  private func advance() -> Bool {
    let now = world.now
    let (timers, callbacks) = (
      world.clock.earliestTimer.map { now + $0 },
      world.state.withLock { state in state.callbacks.filter { !$0.isDone }.map(\.due).min() }
    )
    guard let next = [timers, callbacks].compactMap(\.self).min() else { return false }
    world.clock.advance(by: max(next - now, .zero))
    world.sendDueCallbacks()
    return true
  }

  /// Checks that every deadline bounds everything below it.
  private func checkDeadlines() {
    let now = world.now
    let extra = world.options.asksStatus ? Duration.seconds(5) : .zero
    let late = world.state.withLock { state in
      state.callers.first { !$0.isDone && !$0.isLost && $0.deadline + extra < now }
    }
    if let late { world.fail("caller \(late) goes on after its deadline") }
  }

  /// Waits until all callbacks have arrived, and calls once more under each key.
  ///
  /// Nothing is sent, and the result is there.
  private mutating func lookAfterwards() {
    world.state.withLock { $0.isAfterwards = true }
    var rounds = 0
    while world.state.withLock({ state in state.callbacks.contains { !$0.isDone } }), rounds < 2_000 {
      runJobs()
      advance()
      rounds += 1
    }
    runJobs()
    let posts = world.state.withLock(\.posts)
    for key in posts.keys.sorted() where key.hasPrefix("key-") && posts[key, default: 0] > 0 {
      world.startCaller(afterwards: key)
    }
    rounds = 0
    while world.state.withLock({ state in state.callers.contains { !$0.isDone && !$0.isLost } }),
      rounds < 2_000
    {
      runJobs()
      checkDeadlines()
      advance()
      rounds += 1
    }
    if world.state.withLock(\.posts) != posts { world.fail("a key was sent again afterwards") }
  }

  /// Closes everything, and checks that no wait is left.
  private mutating func finish() {
    let clients = world.state.withLock(\.clients)
    for client in clients where !client.isCrashed { client.run.cancel() }
    runJobs()
    // What outlives its caller has a limit, too.
    for _ in 0..<200 where world.clock.earliestTimer != nil {
      world.clock.advance(by: world.clock.earliestTimer ?? .zero)
      runJobs()
    }
    for client in clients where !client.isCrashed {
      let tracker = client.client.receiver.tracker
      if tracker.waitCount > 0 { world.fail("\(tracker.waitCount) waits are left") }
      if tracker.slotCount > 0 { world.fail("\(tracker.slotCount) slots are left") }
    }
    let hung = world.state.withLock { state in
      state.isOver = true
      defer { state.hung = [] }
      return state.hung
    }
    for continuation in hung { continuation.resume(throwing: CancellationError()) }
    for client in clients where client.isCrashed { client.run.cancel() }
    Task {
      for client in clients { await JobScheduler.exclusively { await client.store.close() } }
    }
    runJobs()
    for _ in 0..<200 where world.clock.earliestTimer != nil {
      world.clock.advance(by: world.clock.earliestTimer ?? .zero)
      runJobs()
    }
  }
}
