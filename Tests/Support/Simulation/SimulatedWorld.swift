internal import Foundation
internal import HTTPTypes
internal import Smooven
internal import SmoovenTesting
internal import Synchronization

/// One episode: several clients on one store, their callers, Smooven and its callbacks, and the invariants.
///
/// Everything runs on one thread under ``JobScheduler``, so the locks only satisfy the compiler.
package final class SimulatedWorld: Sendable {
  /// What a store operation does in addition to its work.
  enum StoreFault { case none, before, after }

  struct State {
    var random: SeededGenerator
    var wallOffset: TimeInterval = 0
    var readings = 0
    var clients: [SimulatedClient] = []
    var callers: [SimulatedCaller] = []
    var tasks: [Int: Task<Void, Never>] = [:]
    var notifications: [SimulatedNotification] = []
    var callbacks: [SimulatedCallback] = []
    /// The requests by subject that may have been carried out.
    var posts: [String: Int] = [:]
    var refusedSubjects: Set<String> = []
    var log: [LoggedEvent] = []
    var accepted: [String: Duration] = [:]
    /// The clients by the prefix of the owners of their claims.
    var owners: [String: Int] = [:]
    var followers: [Int: AsyncStream<Void>.Continuation] = [:]
    var hung: [CheckedContinuation<Void, any Error>] = []
    var violations: [String] = []
    var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    var isOver = false
    /// What happened, if it's to be printed.
    var story: [String]?
    /// Whether everything works from now on, to see what is left.
    var isAfterwards = false
  }

  let options: SimulationOptions
  let name: String
  let clock = ManualClock()
  let state: Mutex<State>
  private let makeStore: @Sendable (ManualClock) async throws -> SimulatedBase
  static let key: Secret = "sk_test_0123456789_simulated"
  static let partnerKey: Secret = "sk_test_9876543210_partner"
  static let start = Date(timeIntervalSince1970: 1_790_000_000)

  init(
    name: String,
    seed: UInt64,
    options: SimulationOptions,
    makeStore: @escaping @Sendable (ManualClock) async throws -> SimulatedBase
  ) {
    self.name = name
    self.options = options
    self.makeStore = makeStore
    state = Mutex(State(random: SeededGenerator(seed: seed)))
  }

  // MARK: Chance and time

  var now: Duration { clock.now.offset }
  var trueDate: Date { Self.start.addingTimeInterval(now / .seconds(1)) }

  /// The client's wall clock.
  ///
  /// It never returns the same time twice, so that no order depends on random tokens.
  private var wallDate: Date {
    let date = trueDate
    return state.withLock { state in
      state.readings += 1
      return date.addingTimeInterval(state.wallOffset + Double(state.readings) / 1_000_000)
    }
  }

  func chance(_ probability: Double) -> Bool {
    state.withLock { Double.random(in: 0..<1, using: &$0.random) < probability }
  }

  func choose(_ range: Range<Int>) -> Int { state.withLock { Int.random(in: range, using: &$0.random) } }

  func duration(upTo maximum: Duration) -> Duration {
    maximum * state.withLock { Double.random(in: 0..<1, using: &$0.random) }
  }

  // MARK: Clients

  /// Starts a client on the shared store.
  func startClient() async throws {
    let index = state.withLock { $0.clients.count }
    var configuration = SmoovenConfiguration(
      secretKey: Self.key,
      listener: .mounted(publicURL: "https://agent.example.com"),
      endpoints: [
        CallbackEndpoint(try SmoovenCallbackProvider(secrets: [Self.partnerKey]), name: "partner"),
        CallbackEndpoint(SimulatedDesk(), authentication: CallbackAuthentication.none),
      ],
      retry: .init(retriesUnclearSends: options.retriesUnclear),
      reconciliationTimeout: options.asksStatus ? .seconds(5) : nil,
      clock: clock,
      now: { [self] in wallDate }
    )
    configuration.jitter = { [self] in state.withLock { Double.random(in: 0...1, using: &$0.random) } }
    let store = try await JobScheduler.exclusively { try await makeStore(clock) }
    let client = try SmoovenClient(
      configuration: configuration,
      transport: SimulatedService(client: index, world: self),
      store: SimulatedStore(opened: store, client: index, world: self)
    )
    let run = Task { () -> Void in try? await client.run() }
    state.withLock {
      $0.clients.append(SimulatedClient(index: index, client: client, store: store, run: run))
    }
  }

  /// Returns, unless the client's process has ended.
  ///
  /// In that case, nothing in it continues.
  func pause(_ client: Int) async throws {
    let isCrashed = state.withLock { state in
      guard state.clients.indices.contains(client) else { return false }
      return state.clients[client].isCrashed
    }
    guard isCrashed else { return }
    try await withCheckedThrowingContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.hung.append(continuation) }
        return state.isOver
      }
      if isOver { continuation.resume(throwing: CancellationError()) }
    }
  }

  func storeFault(_ client: Int, _ name: String) -> StoreFault {
    state.withLock { state in
      state.trace =
        (state.trace ^ UInt64(truncatingIfNeeded: name.utf8.reduce(client) { $0 &* 31 &+ Int($1) }))
        &* 0x100_0000_01b3
      guard !state.isAfterwards, options.storeFaults > 0,
        Double.random(in: 0..<1, using: &state.random) < options.storeFaults
      else { return .none }
      return Bool.random(using: &state.random) ? .before : .after
    }
  }

  func follow(
    _ opened: SimulatedBase,
    _ client: Int,
    _ interests: DeliveryInterests,
    _ onChange: @escaping @Sendable (StoreChange) async -> Void
  ) async throws {
    let report: @Sendable (StoreChange) async -> Void = { [self] change in
      guard (try? await pause(client)) != nil else { return }
      tell("client \(client) learns \("\(change)".prefix(200))")
      await onChange(change)
    }
    guard let look = opened.makeLook?(interests) else {
      return try await opened.store.follow(interests, onChange: report)
    }
    let (commits, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    state.withLock { $0.followers[client] = continuation }
    // What was stored since it was opened.
    continuation.yield()
    for await _ in commits {
      tell("client \(client) looks")
      for change in try await JobScheduler.exclusively(look) { await report(change) }
    }
  }

  /// Reports to the other clients that something was committed, as the file does.
  func noteCommit(by client: Int) {
    let others = state.withLock { $0.followers.filter { $0.key != client }.sorted { $0.key < $1.key } }
    for (_, follower) in others { follower.yield() }
  }

  /// The clients whose process lives and that accept calls.
  var open: [SimulatedClient] { state.withLock { $0.clients.filter { !$0.isCrashed && !$0.isClosed } } }

  func crash(_ client: Int) {
    tell("client \(client) crashes")
    state.withLock { state in
      state.clients[client].isCrashed = true
      for index in state.callers.indices where state.callers[index].client == client {
        state.callers[index].isLost = true
      }
    }
  }

  func close(_ client: Int) {
    tell("client \(client) closes")
    state.withLock { $0.clients[client].isClosed = true }
    state.withLock { $0.clients[client].run }.cancel()
  }

  /// Prints what happens, if a single episode is examined.
  func tell(_ what: @autoclosure () -> String) {
    let time = now
    state.withLock { state in
      if state.story != nil { state.story?.append("\(time / .seconds(1)) s: \(what())") }
    }
  }

  /// Records the first rule that is broken, because later violations may be consequences of it.
  func fail(_ violation: String) {
    state.withLock { state in
      guard state.violations.isEmpty else { return }
      state.violations.append("\(name) at \(now / .seconds(1)) s: \(violation)")
    }
  }
}

package struct SimulatedClient: Sendable {
  let index: Int
  let client: SmoovenClient
  let store: SimulatedBase
  let run: Task<Void, Never>
  var isCrashed = false
  var isClosed = false
}
