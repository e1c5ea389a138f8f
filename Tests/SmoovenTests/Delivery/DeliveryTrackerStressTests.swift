import Metrics
import Smooven
import SmoovenTesting
import Synchronization
import Testing

/// Real threads and real races.
///
/// Every wait ends exactly once, however it ends.
@Suite("The tracker under stress", .timeLimit(.minutes(3))) struct DeliveryTrackerStressTests {
  /// The number of waits by how they ended.
  final class Tally: Sendable {
    let counts = Mutex<[String: Int]>([:])

    func note(_ end: DeliveryWaitEnd) {
      let name = "\(end)".prefix(while: { $0 != "(" })
      counts.withLock { $0[String(name), default: 0] += 1 }
    }

    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
    func count(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
  }

  static func makeTracker() -> DeliveryTracker {
    DeliveryTracker(
      limits: .init(),
      clock: DeliveryClock(ContinuousClock()),
      telemetry: DeliveryTelemetry(factory: NOOPMetricsHandler.instance)
    )
  }

  @Test("100,000 waits race callback, cancellation, timeout and close, and none is lost or doubled")
  func races() async throws {
    let rounds = 20
    let waitsPerRound = 5_000
    let tally = Tally()
    for round in 0..<rounds {
      let tracker = Self.makeTracker()
      let running = Task { await tracker.run() }
      var random = SeededGenerator(seed: UInt64(round))
      let fates = (0..<waitsPerRound).map { _ in Int.random(in: 0..<5, using: &random) }
      let tasks = try fates.indices.map { index in
        let lease = try tracker.reserve(DeliveryToken(), group: "smooven")
        // One in five waits up to 50 ms, and one until the end. The others end before that.
        let deadline = tracker.now + (fates[index] == 2 ? .microseconds(index * 10) : .seconds(600))
        return (
          lease,
          Task.detached {
            tally.note(await lease.wait(for: .delivered, deadline: deadline))
          }
        )
      }
      await withTaskGroup(of: Void.self) { group in
        for part in 0..<4 {
          group.addTask {
            for index in stride(from: part, to: fates.count, by: 4) {
              let (lease, task) = tasks[index]
              switch fates[index] {
              case 0: tracker.deliver(event(.delivered, id: "ntf_\(index)"), token: lease.token)
              case 1: task.cancel()
              case 2, 4: break
              default:
                // Both at the same time.
                async let delivering = tracker.deliver(
                  event(.delivered, id: "ntf_\(index)"),
                  token: lease.token
                )
                task.cancel()
                _ = await delivering
              }
            }
          }
        }
      }
      // Close when some have timed out and more are running.
      if let first = fates.firstIndex(of: 2) { await tasks[first].1.value }
      tracker.close()
      for (_, task) in tasks { await task.value }
      #expect(tracker.waitCount == 0)
      // The slots live as long as their leases.
      #expect(tracker.slotCount == waitsPerRound)
      running.cancel()
      await running.value
    }
    #expect(tally.total == rounds * waitsPerRound)
    for end in ["met", "cancelled", "expired", "closed"] {
      #expect(tally.count(end) > 0, "none ended as \(end)")
    }
  }

  @Test("Cancellation is never lost between check and registration")
  func cancellation() async throws {
    let tracker = Self.makeTracker()
    let lease = try tracker.reserve(DeliveryToken(), group: "smooven")
    for _ in 0..<50_000 {
      let task = Task.detached { await lease.wait(for: .delivered, deadline: nil) }
      task.cancel()
      let end = await task.value
      #expect(end == .cancelled)
    }
    #expect(tracker.waitCount == 0)
  }

  @Test("An earlier deadline wakes the sleeper")
  func earlierDeadline() async throws {
    let tracker = Self.makeTracker()
    let running = Task { await tracker.run() }
    let lease = try tracker.reserve(DeliveryToken(), group: "smooven")
    let now = tracker.now
    async let late = lease.wait(for: .delivered, deadline: now + .seconds(600))
    async let early = lease.wait(for: .clicked, deadline: now + .milliseconds(20))
    #expect(await early == .expired(.unconfirmed, []))
    tracker.close()
    #expect(await late == .closed)
    running.cancel()
    await running.value
  }
}
