import Foundation
import InMemoryLogging
import Logging
import MetricsTestKit
import SmoovenSupport
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import Smooven

@Suite("Gauges of the store", .timeLimit(.minutes(1))) struct StoreGaugesTests {
  private static let capacity = 10

  private let metrics = TestMetrics()
  private let clock = ManualClock()
  private let time = Watched(Sender.now)
  private let log = InMemoryLogHandler()
  private let store = InMemoryDeliveryStore(capacity: capacity, minimumWindow: .seconds(60))

  private func withReceiver<Result>(
    keepingEarly earlyEvents: DeliveryLimits.EarlyEvents = .never,
    _ body: (CallbackReceiver) async throws -> Result
  ) async throws -> Result {
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(testKey)), CallbackEndpoint(.smooven(testKey), name: "quiet")],
      store: store,
      limits: DeliveryLimits(earlyEvents: earlyEvents, maximumEarlyEvents: 40),
      clock: clock,
      now: { [time] in time.read { $0 } },
      logger: Logger(label: "test", factory: { _ in log }),
      metricsFactory: metrics
    )
    let running = Task { try await receiver.run() }
    defer { running.cancel() }
    try await until { receiver.tracker.isRunning }
    return try await body(receiver)
  }

  /// Receives callbacks that are signed when they arrive, some seconds apart, and advances the wall clock with them.
  private func take(_ count: Int, every seconds: Double, _ receiver: CallbackReceiver) async {
    for _ in 0..<count {
      let now = time.update { time in
        time.addTimeInterval(seconds)
        return time
      }
      let request = SmoovenCallbackFixture(
        "notification.sent",
        notificationID: "ntf_\(now.timeIntervalSinceReferenceDate)",
        timestamp: now
      )
      await receiver.expectStatus(200, of: request.request(secret: testKey))
    }
  }

  /// Returns the last value of a gauge, once there are as many as expected.
  private func value(_ name: String, _ endpoint: String? = nil, after count: Int) async throws -> Double {
    let dimensions = endpoint.map { [("endpoint", $0)] } ?? []
    let gauge = try metrics.expectGauge(name, dimensions)
    try await until { gauge.values.count >= count }
    return try #require(gauge.lastValue)
  }

  private func expect(
    _ name: String,
    _ endpoint: String? = nil,
    after count: Int,
    is expected: Double,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let found = try await value(name, endpoint, after: count)
    #expect(found == expected, sourceLocation: location)
  }

  /// Waits until the sampler sleeps, and everything else that has to, and advances the clock.
  private func advance(by duration: Duration = .seconds(10), sleepers: Int = 1) async throws {
    try await until { clock.sleeperCount >= sleepers }
    clock.advance(by: duration)
  }

  private var warnings: [InMemoryLogHandler.Entry] { log.entries.filter { $0.level == .warning } }

  @Test("Every ten seconds, they show how full the store and the buffer of early events are")
  func samples() async throws {
    _ = try await store.insert(StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Sender.now))
    try await withReceiver(keepingEarly: .always) { receiver in
      // Immediately, for what already exists.
      try await expect("smooven_store_deliveries", after: 1, is: 1)
      try await expect("smooven_store_callbacks", after: 1, is: 0)
      await take(4, every: 10, receiver)
      // The first early event has a timer as well.
      try await advance(by: .seconds(9), sleepers: 2)
      #expect(try metrics.expectGauge("smooven_store_callbacks").values.count == 1)
      try await advance(by: .seconds(1), sleepers: 2)
      try await expect("smooven_store_callbacks", after: 2, is: 4)
      try await expect("smooven_store_keys_fill_ratio", "smooven", after: 1, is: 0.4)
      try await expect("smooven_early_events_fill_ratio", after: 2, is: 0.1)
    }
    // Nothing was forgotten, and nothing arrived at the other endpoint.
    #expect(try metrics.expectGauge("smooven_store_window_seconds", [("endpoint", "smooven")]).values == [])
    #expect(try metrics.expectGauge("smooven_store_keys_fill_ratio", [("endpoint", "quiet")]).values == [])
    #expect(warnings.isEmpty)
  }

  @Test("Expected callbacks, each of an endpoint that is used once, add no gauge")
  func expectedCallbacks() async throws {
    try await withReceiver { receiver in
      _ = try await receiver.expect(
        .smooven(testKey),
        publicURL: "https://agent.example.com",
        timeout: .seconds(5)
      ) { [time] expected in
        let now = time.read { $0 }
        let callback = SmoovenCallbackFixture("notification.delivered", notificationID: "x", timestamp: now)
        _ = await receiver.receive(callback.request(to: expected.callbackURL, secret: testKey))
      }
      try await advance()
      _ = try await value("smooven_store_callbacks", after: 2)
    }
    #expect(try await store.usage()?.keys.count == 1)
    let endpoints = Set(metrics.recorders.flatMap(\.dimensions).filter { $0.0 == "endpoint" }.map(\.1))
    #expect(endpoints.isSubset(of: ["smooven", "quiet"]))
  }

  @Test("A window of less than an hour is a warning that says what to do, once an hour")
  func warning() async throws {
    try await withReceiver { receiver in
      _ = try await value("smooven_store_deliveries", after: 1)
      // Ten keys, 100 seconds apart.
      await take(12, every: 100, receiver)
      try await advance()
      let window = try await value("smooven_store_window_seconds", "smooven", after: 1)
      #expect(window > 900 && window <= 1_000)
      for sample in 2...360 {
        try await advance()
        _ = try await value("smooven_store_window_seconds", "smooven", after: sample)
      }
      #expect(warnings.count == 1)
      try await advance()
      _ = try await value("smooven_store_window_seconds", "smooven", after: 361)
      // The warning follows the gauge.
      try await until { clock.sleeperCount > 0 }
    }
    #expect(warnings.count == 2)
    let warning = try #require(warnings.first)
    #expect(warning.message.description.contains("raise its capacity"))
    #expect(warning.metadata["endpoint"] == "smooven" && warning.metadata["capacity"] == "10")
    #expect(warning.metadata["window_seconds"].flatMap { Double("\($0)") }.map { $0 > 900 } == true)
  }

  @Test("A window of hours isn't a warning")
  func wide() async throws {
    try await withReceiver { receiver in
      _ = try await value("smooven_store_deliveries", after: 1)
      await take(12, every: 1_000, receiver)
      try await advance()
      #expect(try await value("smooven_store_window_seconds", "smooven", after: 1) > 3_600)
      try await advance()
      _ = try await value("smooven_store_window_seconds", "smooven", after: 2)
    }
    #expect(warnings.isEmpty)
  }

  @Test("The window counts from the newest signed time in a crowded store, and otherwise from now")
  func window() {
    let floor = Sender.now
    func keys(_ count: Int, newest: Double?) -> DeliveryStoreUsage.Keys {
      .init(count: count, capacity: 100, floor: floor, newest: newest.map(floor.addingTimeInterval))
    }
    let now = floor.addingTimeInterval(90_000)
    #expect(keys(99, newest: 600).window(at: now) == 600)
    // All were forgotten because they were old, and nothing has arrived since.
    #expect(keys(0, newest: 0).window(at: now) == 90_000)
    #expect(keys(10, newest: 90_100).window(at: now) == 90_100)
    #expect(keys(99, newest: nil).window(at: now) == 90_000)
    #expect(DeliveryStoreUsage.Keys(count: 99, capacity: 100).window(at: now) == nil)
    #expect(DeliveryStoreUsage.Keys(count: 0, capacity: 0).fillRatio == 1)
  }

  @Test("If a store fails, its gauges stay as they are, and it's asked again")
  func failing() async throws {
    // Nothing else fails, because what is retried would sleep as well, and be taken for the sampler.
    let isFailing = Watched(true)
    let store = HookedStore(before: { step in
      if step == .usage, isFailing.read({ $0 }) { throw DeliveryStoreError(.unavailable, "the test says so") }
    })
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(testKey))],
      store: store,
      clock: clock,
      logger: Logger(label: "test", factory: { _ in log }),
      metricsFactory: metrics
    )
    let running = Task { try await receiver.run() }
    for sample in 1...3 {
      _ = try await value("smooven_early_events_fill_ratio", after: sample)
      try await advance()
    }
    #expect(try metrics.expectGauge("smooven_store_deliveries").values == [])
    _ = try await value("smooven_early_events_fill_ratio", after: 4)
    isFailing.update { $0 = false }
    try await advance()
    try await expect("smooven_store_deliveries", after: 1, is: 0)
    running.cancel()
  }
}
