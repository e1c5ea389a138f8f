import Foundation
import Testing

@testable import Smooven

@Suite("A stored delivery", .timeLimit(.minutes(1)))
struct StoredDeliveryTests {
  @Test("It is one reference, because a suspended send holds many copies")
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

  @Test("It is encoded by the names of its values")
  func names() throws {
    var delivery = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date(), ids: ["ntf_1"])
    delivery.claim = .init(owner: "a", isArmed: true, leaseUntil: StoreInstant(epoch: "e", nanoseconds: 0))
    let text = try JSONEncoder().encode(delivery)
    let json = try JSONValue(parsing: Array(text))
    #expect(json["token"]?.stringValue == delivery.token.text)
    #expect(json["claim"]?["owner"]?.stringValue == "a")
    #expect(try JSONDecoder().decode(StoredDelivery.self, from: text) == delivery)
  }

  @Test("The task of a send is released when it ends")
  func releasedTask() async {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let send = RunningSend { for await _ in ends {} }
    #expect(send.isRunning)
    end.finish()
    while send.isRunning { await Task.yield() }
    send.cancel()
  }
}
