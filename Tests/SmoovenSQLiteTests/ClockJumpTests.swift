#if SQLiteSupport
import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization
import Testing

@testable import SmoovenSQLite

/// Processes that start, work and end on one file while the wall clock is wrong.
@Suite("SQLite: processes with a wrong wall clock", .timeLimit(.minutes(5)))
struct ClockJumpTests {
  private static let jumps: [Double] = [90_000, 3_456_000, -90_000, -3_456_000]

  private let world: World
  private let key: Secret = "sk_test_0123456789"
  private let transport = MockTransport(secretKey: "sk_test_0123456789", answer: .accepted())

  init() throws { world = try World() }

  // MARK: Processes

  /// Runs one process, with its own store, receiver and client, by the current wall clock.
  private func process<Result: Sendable>(
    _ body: @escaping (SmoovenClient, SQLiteDeliveryStore) async throws -> Result
  ) async throws -> Result {
    let store = try await world.open()
    var configuration = SmoovenConfiguration(
      secretKey: key,
      listener: .mounted(publicURL: "https://agent.example"),
      now: { [world] in world.wall }
    )
    // Only requests that send are counted.
    configuration.reconciliationTimeout = nil
    let result = try await withSmoovenClient(configuration: configuration, transport: transport, store: store)
    {
      transport.deliverCallbacks(to: $0.receiver)
      return try await body($0, store)
    }
    await store.close()
    return result
  }

  private func callback(_ id: String, signedAt date: Date) -> CallbackRequest {
    SmoovenCallbackFixture("notification.delivered", notificationID: id, timestamp: date).request(secret: key)
  }

  private func send(_ key: String, _ client: SmoovenClient) async throws -> NotificationHandle {
    try await client.notify(
      intent: "Page the engineer",
      context: NotificationContext(userID: "on-call"),
      idempotencyKey: key
    )
  }

  /// Sends under keys again, and expects that nothing is sent.
  private func expectNothingSent(_ keys: [String], _ client: SmoovenClient) async throws {
    let count = transport.requestCount
    for key in keys { _ = try await send(key, client) }
    #expect(transport.requestCount == count, "\(keys)")
  }

  private func expectStored(_ ids: [String], _ store: SQLiteDeliveryStore) async throws {
    for id in ids { #expect(try await store.callbacks(id).count == 1, "\(id)") }
  }

  /// What the processes have acknowledged and sent.
  private struct Done {
    var stored: [String] = []
    var keys: [String] = []
  }

  /// Runs a process that accepts callbacks of a sender with the same wall clock, and sends under new keys.
  private func work(_ name: String, minutes: Int, _ done: inout Done) async throws {
    done = try await process { [done] client, store in
      var done = done
      try await expectNothingSent(done.keys, client)
      for minute in 0..<minutes {
        let id = "ntf_\(name)_\(minute)"
        #expect(await client.receiver.receive(callback(id, signedAt: world.wall)).status == .ok)
        done.stored.append(id)
        world.pass(60)
      }
      let count = transport.requestCount
      let ends: [MockAnswer] = [
        .accepted(id: "ntf_\(name)_accepted"),
        .failure(TransportError(.noResponse, "no response")),
      ]
      for (number, answer) in ends.enumerated() {
        transport.script(answer)
        let key = "\(name)/\(number)"
        _ = try await send(key, client)
        done.keys.append(key)
      }
      #expect(transport.requestCount == count + ends.count)
      try await expectNothingSent(done.keys, client)
      try await expectStored(done.stored, store)
      return done
    }
  }

  // MARK: Tests

  @Test("Nothing that was acknowledged is lost, no key sends twice, and pruning continues", arguments: jumps)
  func inTheMiddle(_ jump: Double) async throws {
    var done = Done()
    try await work("right", minutes: 5, &done)
    let early = callback("ntf_refused", signedAt: world.truth)
    let captured = callback("ntf_right_0", signedAt: start)
    for number in 0..<3 {
      world.set(wrongBy: jump)
      try await work("wrong\(number)", minutes: 10, &done)
      try await process { client, _ in
        // By the wrong clock, it's too old or from the future, so its sender tries again later.
        #expect(await client.receiver.receive(early).status != .ok)
        #expect(await client.receiver.receive(captured).status != .ok)
      }
      world.set(wrongBy: 0)
      if number == 1 { world.machine.restart() }
      try await process { client, store in
        #expect(await client.receiver.receive(early).status == .ok)
        #expect(await client.receiver.receive(captured).status == .ok)
        try await expectNothingSent(done.keys, client)
        try await expectStored(done.stored + ["ntf_refused"], store)
      }
    }
    try await work("right again", minutes: 5, &done)
    try await expectPruning(done, kept: 1, jump)
  }

  @Test("A file that a process with a wrong clock created is no different", arguments: jumps)
  func atTheBeginning(_ jump: Double) async throws {
    var done = Done()
    world.set(wrongBy: jump)
    try await work("wrong", minutes: 5, &done)
    world.set(wrongBy: 0)
    world.machine.restart()
    try await work("right", minutes: 5, &done)
    try await process { client, store in
      try await expectNothingSent(done.keys, client)
      try await expectStored(done.stored, store)
    }
    // What is dated far in the past may be removed early, as fast as the clock of the file catches up.
    try await expectPruning(done, kept: 0.25, jump)
  }

  @Test("A process with a wrong clock loses nothing to another one with the right clock", arguments: jumps)
  func atTheSameTime(_ jump: Double) async throws {
    // Both open the file while it's new and has no stored clock.
    let (right, wrong) = (try await world.open(), try await world.open())
    var rows: [DeliveryToken] = []
    for number in 0..<5 {
      for (store, wall) in [(right, world.wall), (wrong, world.wall.addingTimeInterval(jump))] {
        let row = StoredDelivery(
          token: DeliveryToken(),
          idempotencyKey: "\(jump)/\(rows.count)",
          group: "smooven",
          openedAt: wall
        )
        _ = try await store.insert(row)
        rows.append(row.token)
      }
      try await pass(until: world.elapsed + 60 + Double(number), right)
    }
    for token in rows { #expect(try await right.load(.token(token)) != nil) }
    await wrong.close()
    await right.close()
  }

  /// Lets time pass by the right clock.
  ///
  /// Callbacks and keys stay for at least a part of their retention, and are finally removed.
  private func expectPruning(_ done: Done, kept part: Double, _ jump: Double) async throws {
    let configuration = SQLiteStoreConfiguration()
    let retention = configuration.retention / .seconds(1) * part
    let deliveryRetention = configuration.deliveryRetention / .seconds(1) * part
    try await process { client, store in
      let begin = world.elapsed
      try await pass(until: begin + retention - 7_200 * part, store)
      try await expectStored(done.stored.filter { $0.hasPrefix("ntf_right again") || part < 1 }, store)
      try await pass(until: begin + deliveryRetention - 86_400 * part, store)
      try await expectNothingSent(done.keys, client)
      // What is dated in the future stays until the wall clock is there, and blocks nothing.
      try await pass(until: begin + 35 * 86_400 + max(0, jump), store)
      for id in done.stored { #expect(try await store.callbacks(id).isEmpty, "\(id)") }
      for key in done.keys { #expect(try await store.load(.idempotencyKey(key)) == nil, "\(key)") }
      let usage = try #require(try await store.usage())
      // What arrived within the retention, four times a day.
      #expect(usage.callbacks < 10 && usage.deliveries == 0, "\(usage)")
    }
  }

  /// Advances all clocks, six hours at a time, with a callback in each step.
  private func pass(until end: Double, _ store: SQLiteDeliveryStore) async throws {
    while world.elapsed < end {
      world.pass(min(21_600, end - world.elapsed))
      let now = world.elapsed
      try await store.append(event(Int(now), signedAfter: now), after: now)
    }
    // In order, after the removals.
    for _ in 0..<3 { try await store.advance("order", to: .beginning) }
  }
}

/// A machine, the time, and a wall clock that may be wrong.
private final class World: Sendable {
  private struct State {
    var elapsed = 0.0
    var wrongBy = 0.0
  }

  let machine = MachineClock()
  private let folder: TemporaryFolder
  private let state = Mutex(State())

  init() throws { folder = try TemporaryFolder() }

  /// The time since the start, in seconds.
  var elapsed: Double { state.withLock(\.elapsed) }

  var truth: Date { start.addingTimeInterval(elapsed) }

  /// The time that the wall clock shows.
  var wall: Date { state.withLock { start.addingTimeInterval($0.elapsed + $0.wrongBy) } }

  func pass(_ seconds: Double) {
    state.withLock { $0.elapsed += seconds }
    machine.advance(by: .seconds(seconds))
  }

  func set(wrongBy seconds: Double) { state.withLock { $0.wrongBy = seconds } }

  func open() async throws -> SQLiteDeliveryStore {
    try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(durability: .normal),
      clock: machine.clock
    )
  }
}
#endif
