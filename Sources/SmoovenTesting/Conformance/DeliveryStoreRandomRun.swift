import Smooven

import struct Foundation.Date

/// One store and its model under random operations.
struct DeliveryStoreRandomRun {
  private var store: any DeliveryStore
  private let reopen: (@Sendable (any DeliveryStore) async throws -> any DeliveryStore)?
  var model: DeliveryStoreModel
  var random: SeededGenerator
  let retention: Int64
  /// Deliveries to choose from; some of them are settled or gone.
  var tokens: [DeliveryToken] = []
  private var keys: [String] = []
  var count: Int64 = 0
  var tally = ConformanceTally()

  init(
    store: any DeliveryStore,
    reopen: (@Sendable (any DeliveryStore) async throws -> any DeliveryStore)?,
    seed: UInt64,
    retention: Duration
  ) {
    self.store = store
    self.reopen = reopen
    self.retention = max(100, retention.components.seconds)
    random = SeededGenerator(seed: seed)
    model = DeliveryStoreModel(now: Date(timeIntervalSince1970: 1_772_697_600), retention: retention)
  }

  mutating func step() async throws {
    count += 1
    try await moveTime()
    switch random.next() % 1_000 {
    case ..<500: try await append()
    case ..<600: try await open()
    case ..<690: try await accept()
    case ..<720: try await send()
    case ..<790: try await settle()
    case ..<890: try await compareEvents()
    case ..<930: try await comparePending()
    case ..<980: try await append(copies: 4)
    case ..<995: try await prune()
    default: try await openAgain()
    }
  }

  /// Compares all that the store holds.
  mutating func compareAll() async throws {
    try await comparePending()
    for token in tokens { try await compareEvents(of: token) }
  }

  // MARK: Operations

  private mutating func open() async throws {
    note("open")
    let key: String? =
      switch random.next() % 4 {
      case 0: nil
      case 1: keys.randomElement(using: &random)
      default: "key \(count)"
      }
    let delivery = StoredDelivery(
      token: makeToken(),
      idempotencyKey: key,
      fingerprint: "fingerprint \(count)",
      isCritical: random.next() % 2 == 0,
      mayHaveLeft: random.next() % 2 == 0,
      openedAt: model.now
    )
    let answer = try await store.open(delivery)
    try require(
      model.open(delivery, id: "ntf_\(count)", answer: answer),
      "open returns the delivery of the key, or nil"
    )
    if answer != nil { tally.repeated += 1 }
    tokens.append(delivery.token)
    if let key { keys.append(key) }
    if tokens.count > 60 { try await retire(tokens.removeFirst()) }
    if keys.count > 200 { keys.removeFirst() }
  }

  /// Settles what will not be chosen any more, or it would stay open for ever.
  private mutating func retire(_ token: DeliveryToken) async throws {
    guard model.deliveries[token]?.stored.outcome == nil else { return }
    try await store.settle(token, outcome: nil)
    model.settle(token, outcome: nil)
  }

  private mutating func send() async throws {
    note("send")
    let token = chooseToken() ?? makeToken()
    if random.next() % 3 == 0 {
      try await store.retractSend(token)
      return model.retractSend(token)
    }
    let mayLeave = try await store.beginSend(token)
    try require(mayLeave == model.beginSend(token), "a request may leave once, until it is retracted")
  }

  private mutating func accept() async throws {
    note("accept")
    guard let token = chooseToken(), let delivery = model.delivery(token) else {
      return try await store.accept(makeToken(), notificationID: "ntf_unknown")
    }
    try await store.accept(token, notificationID: delivery.id)
    model.accept(token, id: delivery.id)
  }

  private mutating func append(copies: Int = 1) async throws {
    note(copies == 1 ? "append" : "appendAtOnce")
    let isAgain = random.next() % 5 == 0
    let event = (isAgain ? model.previousEvent(Int(random.next() % (1 << 40))) : nil) ?? makeEvent()
    let token: DeliveryToken? =
      switch random.next() % 8 {
      case ..<4: chooseToken()
      case 4: makeToken()
      default: nil
      }
    let (store, now) = (store, model.now)
    var answers: [DeliveryAppend] = []
    if copies == 1 {
      answers.append(try await store.append(event, token: token, at: now))
    } else {
      answers = try await withThrowingTaskGroup(of: DeliveryAppend.self) { group in
        for _ in 0..<copies { group.addTask { try await store.append(event, token: token, at: now) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      // Which of them was first is not known: the one that was stored, if any.
      answers.sort { left, _ in left == .stored }
    }
    for answer in answers {
      if answer == .stored { tally.stored += 1 } else { tally.duplicates += 1 }
      try require(
        model.append(event, token: token, answer: answer),
        "append says stored for a new event and duplicate for one within the retention"
      )
    }
  }

  private mutating func settle() async throws {
    note("settle")
    let token = random.next() % 10 == 0 ? makeToken() : chooseToken() ?? makeToken()
    let outcome: DeliveryOutcome? =
      switch random.next() % 4 {
      case 0: nil
      case 1: .failed(makeEvent(.failed))
      default: .delivered(makeEvent(.delivered))
      }
    try await store.settle(token, outcome: outcome)
    model.settle(token, outcome: outcome)
  }

  private mutating func compareEvents() async throws {
    try await compareEvents(of: chooseToken() ?? makeToken())
  }

  private mutating func compareEvents(of token: DeliveryToken) async throws {
    note("events")
    guard let expected = model.events(of: token) else { return }
    tally.compared += expected.count
    let answer = try await store.events(of: token)
    let (found, wanted) = (answer.map(\.deduplicationKey), expected.map(\.deduplicationKey))
    try require(
      answer == expected,
      "events are those of the delivery, in the order in which they came: \(wanted), not \(found)"
    )
  }

  private mutating func comparePending() async throws {
    note("pending")
    let answer = try await store.pending()
    try require(model.accepts(pending: answer), "pending lists the open deliveries, oldest first")
  }

  private mutating func prune() async throws {
    note("prune")
    // Mostly what is old; at times everything that may go.
    let age = random.next() % 8 == 0 ? 0 : Int64.random(in: retention / 4...retention, using: &random)
    let date = model.now.addingTimeInterval(-Double(age))
    try await store.prune(before: date)
    model.prune(before: date)
  }

  private mutating func openAgain() async throws {
    guard let reopen else { return }
    note("reopen")
    store = try await reopen(store)
    try await comparePending()
  }
}
