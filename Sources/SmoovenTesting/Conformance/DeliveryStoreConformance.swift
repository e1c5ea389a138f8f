public import Smooven

import struct Foundation.Date

/// The promises of `DeliveryStore`, as checks to run in the tests of an implementation.
public struct DeliveryStoreConformance: Sendable {
  let make: @Sendable () async throws -> any DeliveryStore
  let reopen: (@Sendable (any DeliveryStore) async throws -> any DeliveryStore)?
  private let start = Date(timeIntervalSince1970: 1_772_697_600)

  /// Makes the checks.
  ///
  /// - Parameters:
  ///   - make: Makes an empty store, called once a check.
  ///   - reopen: Opens the same medium again, as after a crash; `nil`, the default, for a store that does not
  ///     outlive its process.
  public init(
    make: @escaping @Sendable () async throws -> any DeliveryStore,
    reopen: (@Sendable (any DeliveryStore) async throws -> any DeliveryStore)? = nil
  ) {
    self.make = make
    self.reopen = reopen
  }

  /// Runs every check.
  ///
  /// - Throws: ``ConformanceFailure`` that names the promise, or what the store threw.
  public func run() async throws {
    try await openingIsIdempotent()
    try await aRequestLeavesOnce()
    try await duplicatesAreNoticed()
    try await eventsKeepTheirOrder()
    try await eventsFindTheirDelivery()
    try await settlingEndsADelivery()
    try await pruningForgetsOnlyTheOld()
    try await appendsDoNotRace()
    if let reopen { try await survivesReopening(reopen) }
  }

  private func delivery(_ key: String? = nil, after seconds: Double = 0) -> StoredDelivery {
    StoredDelivery(
      token: DeliveryToken(),
      idempotencyKey: key,
      fingerprint: "f",
      openedAt: start.addingTimeInterval(seconds)
    )
  }

  private func event(_ number: Int, provider: String = "smooven") -> CallbackEvent {
    CallbackEvent(
      provider: provider,
      name: "notification.sent",
      kind: .sent,
      correlationIDs: ["ntf_\(number)"],
      deduplicationKey: "key-\(number)",
      payload: ["n": .integer(Int64(number))],
      rawBody: Array("{}".utf8)
    )
  }

  private func openingIsIdempotent() async throws {
    let store = try await make()
    let first = delivery("key")
    try require(try await store.open(first) == nil, "the first open of a key is new")
    let again = try await store.open(delivery("key"))
    try require(again?.token == first.token, "the second open of a key returns the first delivery")
    try require(try await store.open(delivery("other")) == nil, "another key is new")
    try require(try await store.open(delivery()) == nil, "no key is new")
    try require(try await store.open(delivery()) == nil, "no key is new every time")
    try await store.accept(first.token, notificationID: "ntf_1")
    let accepted = try await store.open(delivery("key"))
    try require(accepted?.notificationID == "ntf_1", "an accepted delivery remembers its id")
  }

  private func aRequestLeavesOnce() async throws {
    let store = try await make()
    var delivery = delivery("key")
    delivery.mayHaveLeft = false
    _ = try await store.open(delivery)
    let token = delivery.token
    let count = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { try await store.beginSend(token) } }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    try require(count == 1, "of all who begin a send at once, one may")
    try require(
      try await store.open(self.delivery("key"))?.mayHaveLeft == true,
      "it is known that it may have left"
    )
    try await store.retractSend(token)
    try require(try await store.beginSend(token), "a send that was retracted may begin again")
    try require(try await store.beginSend(DeliveryToken()) == false, "an unknown delivery must not be sent")
  }

  private func duplicatesAreNoticed() async throws {
    let store = try await make()
    let token = delivery()
    _ = try await store.open(token)
    let first = try await store.append(event(1), token: token.token, at: start)
    try require(first == .stored, "a new event is stored")
    let second = try await store.append(event(1), token: token.token, at: start.addingTimeInterval(60))
    try require(second == .duplicate, "the same event is a duplicate")
    let elsewhere = try await store.append(event(1), token: nil, at: start.addingTimeInterval(120))
    try require(elsewhere == .duplicate, "the same event by another way is a duplicate")
    let other = try await store.append(event(1, provider: "other"), token: nil, at: start)
    try require(other == .stored, "the same key of another provider is new")
    try require(try await store.events(of: token.token).count == 1, "a duplicate is not kept")
  }

  private func eventsKeepTheirOrder() async throws {
    let store = try await make()
    let delivery = delivery()
    _ = try await store.open(delivery)
    for number in 0..<50 { _ = try await store.append(event(number), token: delivery.token, at: start) }
    let ids = try await store.events(of: delivery.token).flatMap(\.correlationIDs)
    try require(ids == (0..<50).map { "ntf_\($0)" }, "events come back in the order in which they came")
    try require(try await store.events(of: DeliveryToken()).isEmpty, "an unknown token has no events")
  }

  private func eventsFindTheirDelivery() async throws {
    let store = try await make()
    let (first, second) = (delivery(), delivery())
    _ = try await store.open(first)
    _ = try await store.open(second)
    _ = try await store.append(event(1), token: nil, at: start)
    _ = try await store.append(event(1, provider: "other"), token: nil, at: start)
    try require(try await store.events(of: first.token).isEmpty, "an event of an unknown id is nobody's")
    try await store.accept(first.token, notificationID: "ntf_1")
    try require(
      try await store.events(of: first.token) == [event(1)],
      "an event that came before its id was accepted is the delivery's afterwards"
    )
    try await store.accept(second.token, notificationID: "ntf_2")
    _ = try await store.append(event(2), token: nil, at: start)
    try require(
      try await store.events(of: second.token) == [event(2)],
      "an event without a token is that of the delivery with its id"
    )
    var contradicting = event(3)
    contradicting.correlationIDs = ["ntf_2"]
    _ = try await store.append(contradicting, token: first.token, at: start)
    try require(
      try await store.events(of: first.token).count + store.events(of: second.token).count == 2,
      "an event with the token of one delivery and the id of another is neither's"
    )
  }

  private func settlingEndsADelivery() async throws {
    let store = try await make()
    let (first, second) = (delivery("a"), delivery("b", after: 1))
    _ = try await store.open(second)
    _ = try await store.open(first)
    try require(
      try await store.pending().map(\.token) == [first.token, second.token],
      "pending is oldest first"
    )
    try await store.settle(first.token, outcome: .failed(event(1)))
    try require(try await store.pending().map(\.token) == [second.token], "a settled delivery is not pending")
    try require(
      try await store.open(delivery("a"))?.outcome == .failed(event(1)),
      "a settled delivery remembers its outcome"
    )
    try await store.settle(first.token, outcome: .delivered(event(2)))
    try await store.settle(first.token, outcome: nil)
    try require(
      try await store.open(delivery("a"))?.outcome == .failed(event(1)),
      "the first outcome stays"
    )
    try await store.settle(DeliveryToken(), outcome: .delivered(event(1)))
    try await store.settle(second.token, outcome: nil)
    try require(try await store.pending().isEmpty, "a delivery that was given up is not pending")
  }

  private func pruningForgetsOnlyTheOld() async throws {
    let store = try await make()
    let (old, young) = (delivery("old"), delivery("young", after: 100))
    _ = try await store.open(old)
    _ = try await store.open(young)
    try await store.settle(old.token, outcome: .delivered(event(1)))
    try await store.settle(young.token, outcome: .delivered(event(1)))
    try await store.prune(before: start.addingTimeInterval(50))
    try require(
      try await store.open(delivery("young"))?.outcome == .delivered(event(1)),
      "what is young stays"
    )
    try require(try await store.open(delivery("old")) == nil, "what is old and settled goes")
  }

  private func appendsDoNotRace() async throws {
    let store = try await make()
    let stored = try await withThrowingTaskGroup(of: DeliveryAppend.self) { group in
      for task in 0..<8 {
        for number in 0..<100 {
          group.addTask { try await store.append(event((number + task) % 100), token: nil, at: start) }
        }
      }
      return try await group.reduce(into: 0) { if $1 == .stored { $0 += 1 } }
    }
    try require(stored == 100, "of concurrent duplicates exactly one is stored")
  }

  private func survivesReopening(
    _ reopen: @Sendable (any DeliveryStore) async throws -> any DeliveryStore
  ) async throws {
    var store = try await make()
    let delivery = delivery("key")
    _ = try await store.open(delivery)
    try await store.accept(delivery.token, notificationID: "ntf_1")
    _ = try await store.append(event(1), token: delivery.token, at: start)
    store = try await reopen(store)
    try require(try await store.open(self.delivery("key"))?.token == delivery.token, "a key survives")
    try require(try await store.pending().first?.notificationID == "ntf_1", "a pending delivery survives")
    try require(try await store.events(of: delivery.token) == [event(1)], "an event survives whole")
    try require(
      try await store.append(event(1), token: nil, at: start) == .duplicate,
      "deduplication survives"
    )
  }
}
