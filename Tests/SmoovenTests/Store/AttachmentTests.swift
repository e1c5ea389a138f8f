import Foundation
import Smooven
import Testing

@Suite("Attachments of deliveries") struct AttachmentTests {
  private func delivery() -> StoredDelivery {
    StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date(timeIntervalSince1970: 0))
  }

  @Test("At most 8 KiB as JSON are attached", arguments: [("a", 8_190), ("é", 4_095), ("\"", 4_095)])
  func size(character: String, count: Int) throws {
    var delivery = delivery()
    let largest = JSONValue.string(String(repeating: character, count: count))
    try delivery.attach(largest)
    #expect(delivery.attachment == largest)
    let error = #expect(throws: SmoovenError.self) {
      try delivery.attach(.string(String(repeating: character, count: count + 1)))
    }
    #expect(error?.code == .invalidRequest && error?.field == "attachment")
    #expect(error?.message.contains("at most 8,192 bytes") == true)
    #expect(delivery.attachment == largest, "what is refused changes nothing")
    try delivery.attach(nil)
    #expect(delivery.attachment == nil)
  }

  @Test("A number that JSON can't represent isn't attached", arguments: [Double.infinity, -.infinity, .nan])
  func number(_ number: Double) {
    var delivery = delivery()
    #expect(throws: SmoovenError.self) { try delivery.attach(["deep": [.number(number)]]) }
  }

  @Test("An attachment is stored with the delivery, and read back unchanged")
  func coded() throws {
    var delivery = delivery()
    try delivery.attach(["job": [1, 2.5, .null, "\u{0}"]])
    let data = try JSONEncoder().encode(delivery)
    #expect(try JSONDecoder().decode(StoredDelivery.self, from: data) == delivery)
  }
}
