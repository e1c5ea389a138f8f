import Foundation
import Testing

@testable import Smooven

@Suite("Events that a delivery keeps")
struct DeliveryKeepingTests {
  private let token = DeliveryToken()

  private func delivery(ids: [String] = []) -> StoredDelivery {
    StoredDelivery(token: token, group: "smooven", openedAt: .distantPast, ids: ids)
  }

  private func callback(_ event: CallbackEvent, token: DeliveryToken? = nil) -> StoredCallback {
    StoredCallback(event, token: token, receivedAt: .distantPast)
  }

  @Test("It keeps events that can settle a wait, and no progress")
  func terminal() {
    let kinds: [CallbackEvent.Kind] = [
      .queued, .sent, .fallback, .delivered, .failed, .opened, .clicked, .read, .replied, .other,
      .init(rawValue: "answered"),
    ]
    let kept = kinds.filter { kind in
      var delivery = delivery()
      return delivery.keep(callback(event(kind), token: token))
    }
    #expect(kept == [.delivered, .failed, .opened, .clicked, .read, .replied])
  }

  @Test("It keeps the first event of each kind, and for failures the first of each channel")
  func first() {
    var delivery = delivery()
    let events = [
      event(.delivered, key: "1"), event(.delivered, channel: .email, key: "2"), event(.failed, key: "3"),
      event(.failed, key: "4"), event(.failed, channel: .email, key: "5"), event(.opened, key: "6"),
      event(.opened, key: "7"),
    ]
    let kept = events.filter { delivery.keep(callback($0, token: token)) }
    #expect(kept.map(\.deduplicationKey) == ["1", "3", "5", "6"])
    #expect(delivery.milestones == kept)
  }

  @Test("It keeps only its own events")
  func own() {
    var delivery = delivery(ids: ["ntf_1"])
    var foreign = event(.delivered)
    foreign.group = "other"
    let others = [
      callback(foreign, token: token), callback(event(.delivered, id: "ntf_2"), token: token),
      callback(event(.delivered, id: nil)),
    ]
    #expect(others.filter { delivery.keep($0) }.isEmpty && delivery.milestones.isEmpty)
    let own = [callback(event(.opened, id: nil), token: token), callback(event(.delivered))]
    #expect(own.filter { delivery.keep($0) } == own && delivery.milestones == own.map(\.event))
  }
}
