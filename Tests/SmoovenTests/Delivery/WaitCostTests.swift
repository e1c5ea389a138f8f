import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// The cost of simultaneous waits, next to the bare floor in the same run.
///
/// The numbers are printed, not checked.
@Suite("Cost of a wait", .timeLimit(.minutes(5)), .serialized) struct WaitCostTests {
  /// The number of waits that are open at the same time.
  ///
  /// It's 100,000 with `SMOOVEN_STRESS=1`, as in `.ci/long`, and otherwise a tenth, because other tests run at the same
  /// time and have deadlines to meet.
  static let count = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 100_000 : 10_000

  /// The continuations of suspended tasks.
  final class Floor: Sendable {
    private let continuations = Mutex<[CheckedContinuation<Void, Never>]>([])

    var count: Int { continuations.withLock { $0.count } }

    func wait() async {
      await withCheckedContinuation { continuation in continuations.withLock { $0.append(continuation) } }
    }

    func resumeAll() {
      for continuation in continuations.withLock({ $0 }) { continuation.resume() }
    }
  }

  /// Resident memory in bytes.
  static var residentBytes: Int {
    guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * 4_096
  }

  @Test("Many concurrent sendAndWait on the mock transport")
  func concurrentWaits() async throws {
    let floor = try await floorCost()
    let transport = MockTransport(secretKey: testKey, answer: .accepted())
    let cost = try await withMockedClient(transport) { client in
      let before = Self.residentBytes
      let tasks = (0..<Self.count).map { _ in Task { try await client.remind(timeout: .seconds(600)) } }
      try await transport.waitForRequests(Self.count)
      try await client.waits(Self.count)
      let bytes = Self.residentBytes - before
      let urls = transport.requests.enumerated().map {
        ("ntf_mock_\($0.offset + 1)", $0.element.callbackURL ?? "")
      }
      let start = ContinuousClock.now
      for (id, url) in urls { await transport.deliver(.delivered, notificationID: id, to: url) }
      for task in tasks {
        let isDelivered = try await task.value.isDelivered
        #expect(isDelivered)
      }
      let time = ContinuousClock.now - start
      #expect(client.receiver.tracker.slotCount == 0)
      return (bytes: bytes, time: time)
    }
    let perWait = cost.bytes / Self.count
    let perSettle = cost.time / Self.count
    print(
      """
      cost of a wait, \(Self.count) at once: \(perWait) bytes with its request on record, \(perSettle) to sign, verify, decode and settle; \
      bare floor: \(floor.bytes / Self.count) bytes, \(floor.time / Self.count) to resume
      """
    )
  }

  /// Measures suspended tasks that each hold a bare continuation.
  func floorCost() async throws -> (bytes: Int, time: Duration) {
    let floor = Floor()
    let before = Self.residentBytes
    let tasks = (0..<Self.count).map { _ in Task { await floor.wait() } }
    try await until { floor.count == Self.count }
    let bytes = Self.residentBytes - before
    let start = ContinuousClock.now
    floor.resumeAll()
    for task in tasks { await task.value }
    return (bytes, ContinuousClock.now - start)
  }
}
