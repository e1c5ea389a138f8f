#if os(Linux)
import Foundation
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@testable import Smooven

/// Everything at once, in a separate process, for the seconds in `SMOOVEN_SOAK_SECONDS`.
@Suite("Soak", .timeLimit(.minutes(90))) struct SoakTests {
  /// The memory that may remain: fragments between what the allocator can't return.
  static let memoryBound = 32 * 1_024 * 1_024

  static var duration: Duration {
    .seconds(ProcessInfo.processInfo.environment["SMOOVEN_SOAK_SECONDS"].flatMap { Int($0) } ?? 2)
  }

  @Test("After good, forged, repeated and late callbacks, waits, timeouts and cancellations, nothing is left")
  func soak() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let ahead = Mutex(TimeInterval(0))
      let now: @Sendable () -> Date = { Date().addingTimeInterval(ahead.withLock { $0 }) }
      let transport = SoakTransport()
      let start = ContinuousClock.now
      let client = try SmoovenClient(
        configuration: SmoovenConfiguration(
          secretKey: testKey,
          baseURL: "http://127.0.0.1:1",
          endpoints: [CallbackEndpoint(.smartlyQ(SoakRun.secret))],
          retry: .never,
          reconciliationTimeout: nil,
          limits: DeliveryLimits(earlyEventLifetime: .milliseconds(500)),
          now: now
        ),
        transport: transport,
        store: InMemoryDeliveryStore(
          capacity: 1_000_000,
          retention: .seconds(27 * 3_600),
          deliveryRetention: .seconds(1),
          minimumWindow: .seconds(600),
          unclaimedEvents: 1_000,
          monotonic: { start.duration(to: .now) + .seconds(ahead.withLock { $0 }) }
        )
      )
      let running = Task { try await client.run() }
      let url = try await client.callbackURL(deadline: .seconds(3_600))
      let port = try #require(URL(string: url)?.port)

      /// Works, waits until everything is over, and makes the store forget.
      @Sendable func work(until isOver: @escaping @Sendable (Int) -> Bool) async throws -> ProcessUsage {
        let sender = GoodSender(port: port, now: now)
        transport.callBack(by: sender)
        let run = SoakRun(
          client: client,
          sender: sender,
          publicURL: "http://127.0.0.1:\(port)",
          now: now
        )
        try await run.run(workers: 16, until: isOver)
        // What is still signed and sent would be too old after the jump.
        await client.sends.finished()
        try await transport.calledBack()
        ahead.withLock { $0 += 30 * 3_600 }
        let status = try await sender.callBack("ntf_last")
        #expect(status == 200)
        await sender.close()
        let tracker = client.receiver.tracker
        try await until { (client.listener?.openConnections ?? 0) == 0 }
        try await until { tracker.slotCount == 0 && tracker.earlyCount == 0 }
        #expect(tracker.waitCount == 0)
        let pending = try await client.pendingDeliveries()
        #expect(pending.isEmpty)
        print(run.summary)
        return try ProcessUsage.now()
      }

      let first = try await work { rounds in rounds >= 40 }
      let end = ContinuousClock.now + Self.duration
      let usage = try await work { _ in ContinuousClock.now >= end }
      print("soak of \(Self.duration): before \(first), after \(usage)")
      #expect(usage.files == first.files)
      #expect(usage.memory - first.memory < Self.memoryBound, "\(first), then \(usage)")
      running.cancel()
      _ = await running.result
    }
    if let result { print(String(decoding: result.standardOutputContent, as: UTF8.self), terminator: "") }
  }
}
#endif
