import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("Your own store and route", .timeLimit(.minutes(1))) struct ConformanceTests {
  @Test("A store keeps its promises")
  func store() async throws {
    try await DeliveryStoreConformance(make: { InMemoryDeliveryStore() }).run()
  }

  @Test("A route responds as the receiver does")
  func route() async throws {
    let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(secretKey))])
    let callback = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1")
    let accepted = await receiver.receive(callback.request(secret: secretKey))
    #expect(accepted.status == .ok)
    let forged = await receiver.receive(callback.request(secret: "sk_somebody_else"))
    #expect(forged.status == .unauthorized)
  }
}
