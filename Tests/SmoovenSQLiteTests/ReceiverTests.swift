#if SQLiteSupport
import Foundation
import GRDB
import HTTPTypes
import Smooven
import SmoovenSQLite
import SmoovenTesting
import Testing

@Suite("SQLite: behind a receiver", .timeLimit(.minutes(1)))
struct ReceiverTests {
  private let folder: TemporaryFolder
  private let key: Secret = "sk_test_0123456789"

  init() throws { folder = try TemporaryFolder() }

  private func request(_ id: String) -> CallbackRequest {
    SmoovenCallbackFixture("notification.delivered", notificationID: id, timestamp: start).request(
      secret: key
    )
  }

  private func receiver(_ store: SQLiteDeliveryStore, after seconds: Double = 0) throws -> CallbackReceiver {
    try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(key))],
      store: store,
      now: { start.addingTimeInterval(seconds) }
    )
  }

  @Test("A replayed request changes nothing, even after hours and a restart")
  func replay() async throws {
    for hours in [0.0, 1, 23] {
      let store = try await SQLiteDeliveryStore(path: folder.file())
      let receiver = try receiver(store, after: hours * 3_600)
      var events = receiver.events().makeAsyncIterator()
      for _ in 0..<3 { #expect(await receiver.receive(request("ntf_1")).status == .ok) }
      // Only the first receiver sees it. The others see what is new.
      if hours == 0 { #expect(await events.next()?.correlationIDs.first == "ntf_1") }
      #expect(await receiver.receive(request("ntf_at_\(hours)")).status == .ok)
      #expect(await events.next()?.correlationIDs.first == "ntf_at_\(hours)")
      receiver.close()
      await store.close()
    }
  }

  @Test("While the file is locked, the response is 503, and then the same callback is accepted")
  func locked() async throws {
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(busyTimeout: .milliseconds(20))
    )
    let receiver = try receiver(store)
    var unsafe = Configuration()
    unsafe.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder.file(), configuration: unsafe)
    try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
    let refused = await receiver.receive(request("ntf_1"))
    #expect(refused.status == .serviceUnavailable)
    #expect(refused.headerFields[.retryAfter] != nil)
    try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    #expect(await receiver.receive(request("ntf_1")).status == .ok)
    for try await stored in store.events() {
      #expect(stored.event.correlationIDs.first == "ntf_1")
      break
    }
    try other.close()
  }
}
#endif
