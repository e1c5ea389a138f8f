#if SQLiteSupport
import Foundation
import Smooven
import SmoovenTesting
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: resuming", .timeLimit(.minutes(1)))
struct ResumingTests {
  private let folder: TemporaryFolder
  private let key: Secret = "sk_test_0123456789"

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "A delivery that is resumed after its end has its events in arrival order",
    arguments: [Urgency.normal, .critical]
  )
  func orderOfEvents(urgency: Urgency) async throws {
    let transport = MockTransport(secretKey: key)
    transport.script(
      .accepted(callbacks: [.queued, .failed.on(.push), .sent, .failed.on(.sms)])
    )
    var configuration = SmoovenConfiguration(
      secretKey: key,
      listener: .mounted(publicURL: "https://agent.example")
    )
    configuration.reconciliationTimeout = nil
    var ends: [DeliveryOutcome] = []
    for process in 0..<3 {
      let store = try await SQLiteDeliveryStore(path: folder.file())
      try await withSmoovenClient(configuration: configuration, transport: transport, store: store) {
        client in
        transport.deliverCallbacks(to: client.receiver)
        let handle: NotificationHandle
        if process < 2 {
          handle = try await client.notify(
            intent: "Page the engineer",
            urgency: urgency,
            context: NotificationContext(userID: "on-call"),
            idempotencyKey: "incident 17"
          )
        } else {
          let delivery = try #require(try await client.delivery(.idempotencyKey("incident 17")))
          handle = try await client.resume(delivery)
        }
        ends.append(try await handle.outcome(timeout: .seconds(30)))
        var names: [String] = []
        for await event in handle.events {
          names.append(event.name)
          if names.count == 4 { break }
        }
        #expect(names == ["queued", "failed", "sent", "failed"].map { "notification.\($0)" })
        #expect(handle.status == .failed)
      }
      await store.close()
    }
    #expect(ends.count { $0 == ends[0] } == 3)
    #expect(ends[0].event?.channel == (urgency == .critical ? .sms : .push))
  }
}
#endif
