internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

extension DeliveryStoreRandomRun {
  mutating func note(_ operation: String) { tally.operations[operation, default: 0] += 1 }

  /// Moves time by about one retention in 2,000 steps, with an occasional step of half a retention.
  mutating func moveTime() {
    let isLeap = random.next() % 5_000 == 0
    let seconds = isLeap ? retention / 2 : Int64.random(in: 0...retention / 1_000, using: &random)
    model.advance(by: Double(seconds))
    advance?(.seconds(seconds))
  }

  /// Returns a delivery that must exist, because nothing can be checked for those that may be gone.
  mutating func chooseToken() -> DeliveryToken? {
    tokens.randomElement(using: &random).flatMap { token in
      model.rows[token].flatMap { model.isKept($0.delivery) ? token : nil }
    }
  }

  mutating func makeToken() -> DeliveryToken {
    let text = [random.next(), random.next()].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return DeliveryToken(text.joined()) ?? DeliveryToken()
  }

  mutating func makeDelivery() -> StoredDelivery {
    let key: String? =
      switch random.next() % 4 {
      case 0: nil
      case 1: keys.randomElement(using: &random)
      default: "key \(count)"
      }
    return StoredDelivery(
      token: makeToken(),
      idempotencyKey: key,
      group: random.next() % 10 == 0 ? "other" : DeliveryStoreConformance.group,
      openedAt: model.now,
      fingerprint: "fingerprint \(count)",
      isCritical: random.next() % 2 == 0
    )
  }

  /// Returns a row after a change that a client makes, or might make.
  mutating func change(_ delivery: StoredDelivery) throws -> StoredDelivery {
    var delivery = delivery
    let instant = StoreInstant(epoch: "epoch", nanoseconds: count)
    switch random.next() % 10 {
    case 0: delivery.claim = .init(owner: "owner \(count)", isArmed: false, leaseUntil: instant)
    case 1: delivery.claim?.isArmed = true
    case 2: (delivery.claim, delivery.notBefore) = (nil, instant)
    case 3:
      delivery.refusal = .init(attempt: delivery.attempt, status: 422, code: "rejected", message: "\u{0}")
    case 4: delivery.attempt += 1
    case 5:
      delivery.label = "label \(count)"
      try delivery.attach(["n": [.integer(count), .null]])
      delivery.trace = ["traceparent": "parent \(count)"]
    case 6: delivery.askedAt = model.now.addingTimeInterval(-0.123_456)
    case 7: delivery.wantedUntil = model.now.addingTimeInterval(Double(random.next() % UInt64(retention)))
    case 8:
      if let id = ids[delivery.token], !delivery.ids.contains(id) { delivery.ids.append(id) }
    default:
      if delivery.isPending {
        let event = makeEvent(random.next() % 2 == 0 ? .delivered : .failed, group: delivery.group, ids: [])
        delivery.verdict = event.kind == .failed ? .failed(event) : .delivered(event)
      }
    }
    return delivery
  }

  /// Returns a callback, either a new one or one that was appended before.
  mutating func chooseCallback() -> StoredCallback {
    if random.next() % 5 == 0, let previous = model.previous(random.next()) {
      return StoredCallback(previous.event, token: previous.token, receivedAt: model.now)
    }
    let token = chooseToken()
    var group = token.flatMap { model.rows[$0]?.delivery.group } ?? DeliveryStoreConformance.group
    if random.next() % 20 == 0 { group = "other" }
    var ids = ["msg_\(count)"]
    // Usually the id of the same delivery, and sometimes that of another.
    let named = random.next() % 10 == 0 ? chooseToken() : token
    if let id = named.flatMap({ self.ids[$0] }), random.next() % 3 != 0 { ids.insert(id, at: 0) }
    if random.next() % 20 == 0 { ids = [] }
    let kinds: [CallbackEvent.Kind] = [
      .queued, .sent, .fallback, .delivered, .failed, .opened, .clicked, .other,
    ]
    let event = makeEvent(kinds[Int(random.next() % 8)], group: group, ids: ids)
    let carried = random.next() % 8 == 0 ? makeToken() : random.next() % 3 == 0 ? nil : token
    return StoredCallback(event, token: carried, receivedAt: model.now)
  }

  private mutating func makeEvent(_ kind: CallbackEvent.Kind, group: String, ids: [String]) -> CallbackEvent {
    let number = random.next() % 1_000_000
    var event = CallbackEvent(
      provider: "smooven",
      name: "notification.\(kind)",
      kind: kind,
      correlationIDs: ids,
      conversationIDs: random.next() % 10 == 0 ? ["conversation"] : [],
      channel: random.next() % 2 == 0 ? .sms : .email,
      recipient: random.next() % 2 == 0 ? .init(userID: "user \(count)", address: nil) : nil,
      failure: kind == .failed ? .init(reason: "no such number", code: "\u{0}404") : nil,
      occurredAt: random.next() % 2 == 0 ? model.now.addingTimeInterval(-0.123_456) : nil,
      signedAt: random.next() % 8 == 0 ? nil : model.now.addingTimeInterval(-Double(random.next() % 4)),
      deduplicationKey: "event \(count) \(number)",
      payload: ["n": .integer(count), "ratio": 5.0],
      rawBody: Array(#"{"n":\#(count),"ratio":5.0}"#.utf8)
    )
    event.endpoint = random.next() % 10 == 0 ? "endpoint" : group
    event.group = group
    return event
  }
}
