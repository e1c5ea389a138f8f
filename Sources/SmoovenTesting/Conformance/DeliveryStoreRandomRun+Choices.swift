import Smooven

import struct Foundation.Date

extension DeliveryStoreRandomRun {
  mutating func note(_ operation: String) { tally.operations[operation, default: 0] += 1 }

  /// About 2,000 steps go by within the retention; now and then half of it passes at once.
  mutating func moveTime() async throws {
    let leap = random.next() % 5_000 == 0
    let seconds =
      leap ? Double(retention / 2) : Double(Int64.random(in: 0...max(1, retention / 1_000), using: &random))
    model.now.addTimeInterval(seconds)
  }

  mutating func chooseToken() -> DeliveryToken? {
    // What is past its retention may be there or not, so nothing is asked of it.
    tokens.randomElement(using: &random).flatMap { token in
      guard let delivery = model.deliveries[token] else { return token }
      return model.isKept(delivery.stored.openedAt) ? token : nil
    }
  }

  mutating func makeToken() -> DeliveryToken {
    let text = [random.next(), random.next()].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return DeliveryToken(text.joined()) ?? DeliveryToken()
  }

  mutating func makeEvent(_ kind: CallbackEvent.Kind = .sent) -> CallbackEvent {
    var ids = ["msg_\(count)"]
    // Its notification is a known one, or one that nobody knows: not too many of those, a store may limit them.
    if let token = chooseToken(), let delivery = model.delivery(token) {
      let isBound = delivery.stored.notificationID != nil
      if isBound || model.unclaimedCount < 100 { ids.insert(delivery.id, at: 0) }
    }
    if ids.count == 1, model.unclaimedCount >= 100 { ids = [] }
    let isForeign = random.next() % 10 == 0
    return CallbackEvent(
      provider: isForeign ? "other" : "smooven",
      name: "notification.\(kind)",
      kind: kind,
      correlationIDs: ids,
      channel: random.next() % 2 == 0 ? .sms : nil,
      recipient: random.next() % 2 == 0 ? .init(userID: "user \(count)", address: nil) : nil,
      failure: kind == .failed ? .init(reason: "no such number", code: "\u{0}404") : nil,
      occurredAt: random.next() % 2 == 0 ? model.now.addingTimeInterval(-0.123_456) : nil,
      deduplicationKey: "event \(count)",
      payload: ["n": .integer(count), "ratio": 5.0],
      rawBody: Array(#"{"n":\#(count),"ratio":5.0}"#.utf8)
    )
  }
}
