import Foundation
import HTTPTypes
import Measuring
import Smooven
import SmoovenPostgres
import SmoovenTesting

/// The PostgreSQL store without HTTP: the events that its callers append in a second, and how soon a wait in another
/// process resumes.
///
/// `PostgresCost append URL CALLERS SECONDS`, or `PostgresCost wake URL COUNT`.
@main
struct PostgresCost {
  private static let key: Secret = "sk_live_0123456789abcdef"

  struct Usage: Error {}
  struct NotStored: Error {}

  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let url = arguments.dropFirst().first else { throw Usage() }
    let numbers = arguments.dropFirst(2).compactMap { Int($0) }
    switch (arguments.first, numbers.count) {
    case ("append", 2): try await append(url, callers: numbers[0], seconds: numbers[1])
    case ("wake", 1): try await wake(url, count: numbers[0])
    default: throw Usage()
    }
  }

  private static func store(_ url: String) async throws -> PostgresDeliveryStore {
    try await PostgresDeliveryStore(configuration: PostgresStoreConfiguration(url: url))
  }

  // MARK: Appending

  private static func append(_ url: String, callers: Int, seconds: Int) async throws {
    let store = try await store(url)
    _ = try await append(to: store, callers: callers, seconds: 1, series: "warm")
    let (count, time) = try await append(to: store, callers: callers, seconds: seconds, series: "load")
    await store.close()
    report(["events a second": Double(count) / time])
  }

  private static func append(
    to store: PostgresDeliveryStore,
    callers: Int,
    seconds: Int,
    series: String
  ) async throws -> (count: Int, seconds: Double) {
    let start = nanoseconds()
    let end = start + UInt64(seconds) * 1_000_000_000
    let fixture = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_\(series)")
    // Only its ids differ from event to event, so that what is measured is the store.
    let sample = try SmoovenCallbackProvider(secrets: [key]).decode(fixture.request(secret: key))
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for caller in 0..<callers {
        group.addTask {
          var count = 0
          while nanoseconds() < end {
            var event = sample
            event.correlationIDs = ["ntf_\(series)_\(caller)_\(count)"]
            event.deduplicationKey = "\(sample.deduplicationKey)/\(caller)/\(count)"
            let callback = StoredCallback(event, token: nil, receivedAt: Date())
            guard try await store.append([callback]) == [.stored] else { throw NotStored() }
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return (count, Double(nanoseconds() - start) / 1e9)
  }

  // MARK: Waking

  /// Two receivers, each with its own store and connections, as in two processes.
  private static func wake(_ url: String, count: Int) async throws {
    let stores = [try await store(url), try await store(url)]
    let receivers = try stores.map {
      try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(key))], store: $0)
    }
    let running = receivers.map { receiver in Task { try await receiver.run() } }
    var delays: [UInt64] = []
    for number in 0..<count {
      let id = "ntf_wake_\(getpid())_\(number)"
      let waiting = Task { () -> UInt64 in
        _ = try await receivers[1].outcome(of: "smooven", id: id, timeout: .seconds(30))
        return nanoseconds()
      }
      // The wait has told the other replicas by then, and notifications are sent immediately again.
      try await Task.sleep(for: .milliseconds(30))
      let request = SmoovenCallbackFixture("notification.delivered", notificationID: id).request(secret: key)
      guard await receivers[0].receive(request).status == .ok else { throw NotStored() }
      let stored = nanoseconds()
      let resumed = try await waiting.value
      // The first ones open connections.
      if number >= 10 { delays.append(resumed > stored ? resumed - stored : 0) }
    }
    for task in running {
      task.cancel()
      _ = await task.result
    }
    for store in stores { await store.close() }
    delays.sort()
    report([
      "p50": Double(delays.quantile(0.5) ?? 0) / 1e6, "p99": Double(delays.quantile(0.99) ?? 0) / 1e6,
    ])
  }
}
