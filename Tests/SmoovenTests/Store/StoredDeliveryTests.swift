import Foundation
import TestSupport
import Testing

@testable import Smooven

@Suite("A stored delivery", .timeLimit(.minutes(1)))
struct StoredDeliveryTests {
  @Test("It's one reference, because a suspended send holds many copies")
  func size() {
    #expect(MemoryLayout<StoredDelivery>.size == MemoryLayout<AnyObject>.size)
  }

  @Test("A copy keeps its values when the original changes")
  func copies() {
    var delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date(), label: "first")
    let copy = delivery
    delivery.label = "second"
    delivery.ids.append("ntf_1")
    #expect(copy.label == "first" && copy.ids.isEmpty)
    #expect(delivery.label == "second" && delivery.ids == ["ntf_1"])
    #expect(copy != delivery)
    #expect(
      copy == StoredDelivery(token: copy.token, group: "smooven", openedAt: copy.openedAt, label: "first")
    )
  }

  @Test("It's encoded under the names of its values")
  func names() throws {
    var delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date(), ids: ["ntf_1"])
    delivery.claim = .init(owner: "a", isArmed: true, leaseUntil: StoreInstant(epoch: "e", nanoseconds: 0))
    let text = try JSONEncoder().encode(delivery)
    let json = try JSONValue(parsing: Array(text))
    #expect(json["token"]?.stringValue == delivery.token.text)
    #expect(json["claim"]?["owner"]?.stringValue == "a")
    #expect(try JSONDecoder().decode(StoredDelivery.self, from: text) == delivery)
  }

  @Test("Neither print nor dump shows its token, key, label or attachment")
  func description() throws {
    var delivery = StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: "secret-key",
      group: "smooven",
      openedAt: Date(),
      fingerprint: "secret-print",
      ids: ["ntf_1"],
      label: "secret-label"
    )
    let time = StoreInstant(epoch: "e", nanoseconds: 0)
    delivery.claim = .init(owner: "secret-owner", isArmed: true, leaseUntil: time)
    try delivery.attach(["question": "secret-question"])
    let row = VersionedDelivery(delivery, version: 1, time: time)
    var dumped = ""
    dump(row, to: &dumped)
    for text in ["\(delivery)", String(reflecting: delivery), "\(row)", dumped] {
      #expect(text.contains("StoredDelivery(smooven, accepted, attempt 0, ids: [ntf_1])"))
      #expect(!text.contains("secret") && !text.contains(delivery.token.text))
    }
  }

  @Test("The task of a send is released when it ends")
  func releasedTask() async throws {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let send = RunningSend { for await _ in ends {} }
    #expect(send.isRunning)
    end.finish()
    try await until { !send.isRunning }
    send.cancel()
  }
}
