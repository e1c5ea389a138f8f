#if PostgresSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenPostgres
import TestSupport
import Testing

/// Clients that listen nowhere, and whose callbacks arrive at three `smooven listen` behind a balancer.
@Suite(
  "Replicas under load",
  .enabled(if: PostgresServer.isAvailable),
  .throttled,
  .serialized,
  .timeLimit(.minutes(20))
)
struct ReplicaLoadTests {
  /// The number of sends: 100, or 2,000 with all of the stress.
  private static let count = CountingServer.isStressed ? 2_000 : 100

  @Test("Fifty sends per second from three clients end as their callbacks say", arguments: [true, false])
  func rate(usesNotifications: Bool) async throws {
    let postgres = try PostgresServer.shared.get()
    let schema = newSchema()
    let server = CountingServer()
    let replicas = Replicas(store: postgres.url(schema: schema), server: server)
    let delays = try await replicas.serving { url, balancer, _, address in
      let delays = try await withThrowingTaskGroup(of: [Duration].self) { group in
        for first in 0..<3 {
          group.addTask {
            var configuration = PostgresStoreConfiguration(url: postgres.url(), schema: schema)
            configuration.usesNotifications = usesNotifications
            let store = try await PostgresDeliveryStore(configuration: configuration)
            var client = SmoovenConfiguration(
              secretKey: Secret(CountingServer.key),
              listener: .mounted(publicURL: address)
            )
            client.baseURL = url
            let numbers = Array(stride(from: first, to: Self.count, by: 3))
            let delays = try await withSmoovenClient(configuration: client, store: store) {
              try await send(numbers, $0, server)
            }
            await store.close()
            return delays
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(balancer.counts.allSatisfy { $0 > 0 }, "\(balancer.counts)")
      return delays
    }
    .sorted()
    try #require(delays.count == Self.count)
    let median = delays[Self.count / 2]
    print(
      "replicas: \(Self.count) sends at 50/s, \(usesNotifications ? "notified" : "polled"), 200 to resumed: median",
      "\(median), p99 \(delays[Self.count * 99 / 100])"
    )
    // The goals are 15 ms and 1.2 s; the rest is for a busy machine.
    #expect(median < (usesNotifications ? .milliseconds(500) : .seconds(3)))
  }

  /// Sends every 60 ms, and returns the times from the response to the last callback until the wait has ended.
  private func send(
    _ numbers: [Int],
    _ client: SmoovenClient,
    _ server: CountingServer
  ) async throws -> [Duration] {
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: Duration.self) { group in
      for number in numbers {
        // Nothing is awaited by it: sends begin when they do.
        try await ContinuousClock().sleep(until: start.advanced(by: .milliseconds(20 * number)))
        group.addTask {
          let intent = number % 5 == 0 ? "fail \(number)" : "job \(number)"
          let outcome = try await client.sendAndWait(
            intent: intent,
            context: .init(userID: "on-call@example.com"),
            timeout: .seconds(60)
          )
          let resumed = ContinuousClock.now
          #expect(outcome.isDelivered == !intent.hasPrefix("fail"), "\(intent): \(outcome)")
          if case .timedOut = outcome { Issue.record("\(intent) timed out") }
          #expect(server.count(intent) == 1, "\(intent)")
          // It may be resumed before the response is back at the sender of the callback.
          return max(.zero, resumed - (try await server.acknowledgement(intent)))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}
#endif
