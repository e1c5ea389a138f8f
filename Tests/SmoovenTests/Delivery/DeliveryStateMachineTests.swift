import Foundation
import Testing

@testable import Smooven

extension DeliveryStateMachine where Waiter == Int {
  /// Waits under the waiter's own number.
  mutating func wait(
    _ waiter: Int,
    for token: DeliveryToken,
    goal: DeliveryGoal = .delivered,
    caller: UInt32 = 0,
    deadline: Duration? = .seconds(30),
    isCancelled: Bool = false
  ) -> DeliveryWaitEnd? {
    wait(
      for: token,
      .init(id: UInt64(waiter), waiter: waiter, goal: goal, caller: caller, deadline: deadline),
      now: .zero,
      interruption: isCancelled ? .cancelled : nil
    )
  }

  /// Checks outside the macro, which can't hold a noncopyable value.
  func expectRoom(_ isRoom: Bool, for event: CallbackEvent, token: DeliveryToken? = nil) {
    let isAdmitted = admits(event, token: token)
    #expect(isAdmitted == isRoom)
  }
}

@Suite("State machine") struct DeliveryStateMachineTests {
  typealias Machine = DeliveryStateMachine<Int>

  static func makeMachine(_ limits: DeliveryLimits = .init()) -> Machine { Machine(limits: limits) }

  /// Returns a machine with one reserved slot.
  static func reserved(
    _ token: DeliveryToken,
    policy: SettlingPolicy = .firstFailure,
    limits: DeliveryLimits = .init()
  ) -> Machine {
    var machine = makeMachine(limits)
    _ = machine.reserve(token, group: "smooven", policy: policy, now: .zero)
    return machine
  }

  @Test("While a slot catches up with its store, what arrives comes after what is stored, and once")
  func catchingUp() {
    let token = DeliveryToken()
    var machine = Self.makeMachine()
    _ = machine.reserve(token, group: "smooven", isCatchingUp: true, now: .zero)
    let (failed, delivered) = (event(.failed), event(.delivered))
    let disposition = machine.deliver(delivered, token: token, now: .zero).disposition
    #expect(disposition == .matched)
    var snapshot = machine.snapshot(of: token)
    #expect(snapshot?.eventNames == [])
    _ = machine.deliver(failed, token: token, isDuplicate: true, replayedFor: token, now: .zero)
    _ = machine.deliver(delivered, token: token, isDuplicate: true, now: .zero)
    _ = machine.finishCatchingUp(token, now: .zero)
    snapshot = machine.snapshot(of: token)
    #expect(snapshot?.eventNames == [failed.name, delivered.name])
    #expect(snapshot?.verdict == .failed(failed))
    _ = machine.deliver(event(.opened), token: token, now: .zero)
    snapshot = machine.snapshot(of: token)
    #expect(snapshot?.eventNames.count == 3)
  }

  @Test("There is room for all events of a batch, or for none")
  func batchRoom() {
    let limits = DeliveryLimits(maximumEarlyEvents: 2, maximumEventsPerNotification: 3)
    var machine = Self.reserved(token, limits: limits)
    func batch(_ count: Int, _ token: DeliveryToken?) -> [StoredCallback] {
      (0..<count).map { StoredCallback(event(.sent, key: "\($0)"), token: token, receivedAt: .distantPast) }
    }
    for (events, isRoom) in [
      (batch(2, nil), true), (batch(3, nil), false), (batch(3, token), true), (batch(4, token), false),
      (batch(2, nil) + batch(3, token), true),
    ] {
      let isAdmitted = machine.admits(events)
      #expect(isAdmitted == isRoom, "\(events.count)")
    }
    _ = machine.deliver(event(.sent, key: "first"), token: token, now: .zero)
    let isAdmitted = machine.admits(batch(3, token))
    #expect(!isAdmitted)
  }

  static func receipt(_ id: String) -> NotifyReceipt {
    NotifyReceipt(notificationID: id, channel: .sms, status: .queued, acceptedAt: nil)
  }

  let token = DeliveryToken()

  @Test("A callback by token that arrives before the response settles the wait")
  func callbackBeforeAnswer() {
    var machine = Self.reserved(token)
    let kept = machine.wait(7, for: token)
    #expect(kept == nil)
    let changes = machine.deliver(event(.delivered), token: token, now: .seconds(1))
    #expect(changes.disposition == .matched)
    #expect(changes.resumptions.map(\.waiter) == [7])
    #expect(changes.resumptions.map(\.end) == [.met(event(.delivered))])
    #expect(machine.snapshot(of: token)?.ids == ["ntf_1"])
    #expect(machine.waitCount == 0)
  }

  @Test("An event that settled before the wait began is found by the wait")
  func waitAfterEvent() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    let end = machine.wait(7, for: token)
    #expect(end == .met(event(.delivered)))
  }

  @Test("A response that names another notification leaves the early events of other sends alone")
  func rebindingKeepsEarlyEvents() {
    var machine = Self.reserved(token, limits: DeliveryLimits(earlyEvents: .whileSending))
    _ = machine.deliver(event(.sent), token: token, now: .zero)
    _ = machine.accept(token, id: "ntf_2", receipt: Self.receipt("ntf_2"), now: .zero)
    let other = DeliveryToken()
    _ = machine.reserve(other, group: "smooven", now: .zero)
    #expect(machine.deliver(event(.delivered, id: "ntf_3"), token: nil, now: .zero).disposition == .early)
    _ = machine.release(other, now: .zero)
    #expect(machine.deliver(event(.delivered, id: "ntf_4"), token: nil, now: .zero).disposition == .unmatched)
  }

  @Test("A callback by id that arrives before the response is claimed by it")
  func earlyEventByID() {
    var machine = Self.reserved(token)
    #expect(machine.deliver(event(.delivered), token: nil, now: .zero).disposition == .early)
    #expect(machine.deliver(event(.delivered), token: nil, now: .zero).disposition == .duplicate)
    _ = machine.wait(7, for: token)
    let changes = machine.accept(token, id: "ntf_1", receipt: Self.receipt("ntf_1"), now: .zero)
    #expect(changes.resumptions.map(\.end) == [.met(event(.delivered))])
    // Another wait may ask for it as well, but it's no longer unmatched.
    #expect(machine.earlyCount == 1)
    #expect(machine.expire(now: .seconds(60)).unmatched.isEmpty)
    #expect(machine.earlyCount == 0)
  }

  @Test("Progress doesn't settle", arguments: [CallbackEvent.Kind.queued, .sent, .fallback, .other])
  func progress(kind: CallbackEvent.Kind) {
    var machine = Self.reserved(token)
    _ = machine.wait(7, for: token)
    #expect(machine.deliver(event(kind), token: token, now: .zero).resumptions.isEmpty)
    let expired = machine.expire(now: .seconds(30))
    let known = kind == .other ? DeliveryStatus.unconfirmed : DeliveryStatus(rawValue: kind.rawValue)
    #expect(expired.resumptions.map(\.end) == [.expired(known, [])])
  }

  @Test(
    "An event that implies delivery settles a wait for delivery",
    arguments: [CallbackEvent.Kind.delivered, .opened, .clicked, .read, .replied]
  )
  func impliesDelivery(kind: CallbackEvent.Kind) {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(kind), token: token, now: .zero)
    let end = machine.wait(7, for: token, deadline: nil)
    #expect(end == .met(event(kind)))
  }

  @Test("A settled outcome never changes")
  func forwardOnly() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.failed), token: token, now: .zero)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    _ = machine.deliver(event(.queued), token: token, now: .zero)
    let end = machine.wait(7, for: token, deadline: nil)
    #expect(end == .failed(event(.failed)))
    #expect(machine.snapshot(of: token)?.status == .failed)
  }

  @Test("A failure after delivery changes nothing, and an open may still arrive")
  func failureAfterDelivery() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    _ = machine.deliver(event(.failed), token: token, now: .zero)
    _ = machine.wait(7, for: token, goal: .opened)
    let changes = machine.deliver(event(.clicked), token: token, now: .zero)
    #expect(changes.resumptions.map(\.end) == [.met(event(.clicked))])
  }

  @Test("Reordered events keep the furthest status")
  func reordered() {
    var machine = Self.reserved(token)
    for kind in [CallbackEvent.Kind.delivered, .sent, .queued] {
      _ = machine.deliver(event(kind), token: token, now: .zero)
    }
    #expect(machine.snapshot(of: token)?.status == .delivered)
    #expect(
      machine.snapshot(of: token)?.eventNames
        == ["notification.delivered", "notification.sent", "notification.queued"]
    )
  }

  @Test("If token and id contradict, the id's notification gets the event and the token's doesn't")
  func contradiction() {
    let other = DeliveryToken()
    var machine = Self.reserved(token)
    _ = machine.reserve(other, group: "smooven", now: .zero)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    _ = machine.accept(other, id: "ntf_2", receipt: nil, now: .zero)
    let changes = machine.deliver(event(.delivered, id: "ntf_2"), token: token, now: .zero)
    #expect(changes.disposition == .matched)
    #expect(machine.snapshot(of: token)?.eventNames == [])
    #expect(machine.snapshot(of: other)?.eventNames == ["notification.delivered"])
    let unknown = machine.deliver(event(.delivered, id: "ntf_3"), token: token, now: .zero)
    #expect(unknown.disposition == .mismatched)
    #expect(unknown.unmatched == [event(.delivered, id: "ntf_3")])
  }

  @Test("The response's id takes precedence over that of an earlier callback")
  func answerWins() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.sent, id: "ntf_replayed"), token: token, now: .zero)
    let changes = machine.accept(token, id: "ntf_1", receipt: Self.receipt("ntf_1"), now: .zero)
    #expect(changes.unmatched == [event(.sent, id: "ntf_replayed")])
    #expect(machine.snapshot(of: token)?.ids == ["ntf_1"])
    #expect(machine.snapshot(of: token)?.status == .queued)
    #expect(machine.deliver(event(.sent, id: "ntf_replayed"), token: nil, now: .zero).disposition == .early)
    // What has settled stays settled, whatever the response says.
    let other = DeliveryToken()
    _ = machine.reserve(other, group: "smooven", now: .zero)
    _ = machine.deliver(event(.delivered, id: "ntf_2"), token: other, now: .zero)
    let accepted = machine.accept(other, id: "ntf_3", receipt: Self.receipt("ntf_3"), now: .zero)
    #expect(accepted.unmatched.isEmpty)
    #expect(machine.snapshot(of: other)?.status == .delivered)
    #expect(machine.snapshot(of: other)?.ids == ["ntf_3", "ntf_2"])
  }

  @Test("A provider's events never settle another's wait, whatever ids they share")
  func providersApart() {
    var machine = Self.reserved(token)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    #expect(
      machine.deliver(event(.delivered, provider: "other"), token: token, now: .zero).disposition
        == .mismatched
    )
    #expect(
      machine.deliver(event(.delivered, provider: "other"), token: nil, now: .zero).disposition == .early
    )
    #expect(machine.snapshot(of: token)?.eventNames == [])
  }

  @Test("A released slot gets no events")
  func late() {
    var machine = Self.reserved(token)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    _ = machine.release(token, now: .zero)
    let changes = machine.deliver(event(.delivered), token: token, now: .zero)
    #expect(changes.disposition == .late)
    #expect(changes.unmatched == [event(.delivered)])
    #expect(machine.slotCount == 0)
  }

  @Test("An early event that isn't claimed becomes unmatched when its time is up")
  func earlyExpires() {
    var machine = Self.makeMachine(.init(earlyEventLifetime: .seconds(60)))
    _ = machine.deliver(event(.delivered), token: nil, now: .seconds(1))
    #expect(machine.nextDeadline == .seconds(61))
    #expect(machine.expire(now: .seconds(60)).unmatched.isEmpty)
    #expect(machine.expire(now: .seconds(61)).unmatched == [event(.delivered)])
    #expect(machine.nextDeadline == nil)
  }

  @Test("A full buffer admits no early event, and forgets none")
  func fullBuffer() {
    var machine = Self.makeMachine(.init(maximumEarlyEvents: 1))
    machine.expectRoom(true, for: event(.sent, id: "a"))
    _ = machine.deliver(event(.sent, id: "a"), token: nil, now: .zero)
    machine.expectRoom(false, for: event(.sent, id: "b"))
    #expect(machine.earlyCount == 1)
  }

  @Test("An event that a slot had before takes no room from unclaimed ones")
  func knownEventsTakeNoRoom() {
    var machine = Self.makeMachine(.init(maximumEarlyEvents: 1))
    for id in ["a", "b", "c"] {
      let token = DeliveryToken()
      _ = machine.reserve(token, group: "smooven", asked: [id], now: .zero)
      _ = machine.deliver(event(.delivered, id: id), token: nil, now: .zero)
      _ = machine.release(token, now: .zero)
    }
    #expect(machine.earlyCount == 1)
    machine.expectRoom(true, for: event(.sent, id: "d"))
  }

  @Test("A full history admits no further event")
  func fullHistory() {
    var machine = Self.reserved(token, limits: .init(maximumEventsPerNotification: 1))
    _ = machine.deliver(event(.sent), token: token, now: .zero)
    machine.expectRoom(false, for: event(.delivered), token: token)
  }

  @Test("A failed send ends all waits, and after a callback it's ignored")
  func failedSend() {
    let error = SmoovenError(.rejected, "no")
    var machine = Self.reserved(token)
    _ = machine.wait(1, for: token, goal: .acceptance, deadline: nil)
    _ = machine.wait(2, for: token, deadline: nil)
    let changes = machine.fail(token, caller: 0, error)
    #expect(changes.resumptions.map(\.end) == [.sendFailed(error), .sendFailed(error)])

    let other = DeliveryToken()
    _ = machine.reserve(other, group: "smooven", now: .zero)
    _ = machine.deliver(event(.sent, id: "ntf_2"), token: other, now: .zero)
    _ = machine.fail(other, caller: 0, error)
    let kept = machine.wait(3, for: other, deadline: nil)
    #expect(kept == nil)
  }

  @Test("An unclear send ends the wait on acceptance, not the one on delivery")
  func unclearSend() {
    let error = SmoovenError(.unconfirmed, "?")
    var machine = Self.reserved(token)
    _ = machine.wait(1, for: token, goal: .acceptance, deadline: nil)
    _ = machine.wait(2, for: token, deadline: .seconds(1))
    #expect(machine.resolve(token, .unclear(error)).resumptions.map(\.end) == [.accepted])
    #expect(machine.expire(now: .seconds(1)).resumptions.map(\.end) == [.expired(.unconfirmed, [])])
  }

  @Test("Cancellation before, while and after registering")
  func cancellation() {
    var machine = Self.reserved(token)
    #expect(machine.cancel(token, id: 1) == nil)
    let before = machine.wait(1, for: token, deadline: nil, isCancelled: true)
    #expect(before == .cancelled)
    _ = machine.wait(2, for: token, deadline: nil)
    _ = machine.wait(3, for: token, deadline: nil)
    #expect(machine.cancel(token, id: 2) == 2)
    #expect(machine.cancel(token, id: 2) == nil)
    #expect(machine.deliver(event(.delivered), token: token, now: .zero).resumptions.map(\.waiter) == [3])
    #expect(machine.cancel(token, id: 3) == nil)
  }

  @Test("Closing ends everything, and refuses new waits")
  func close() {
    var machine = Self.reserved(token)
    _ = machine.wait(1, for: token, deadline: .seconds(1))
    _ = machine.deliver(event(.sent, id: "other"), token: nil, now: .zero)
    let changes = machine.close()
    #expect(changes.resumptions.map(\.end) == [.closed])
    #expect(changes.unmatched == [event(.sent, id: "other")])
    #expect(machine.reserve(DeliveryToken(), group: "smooven", now: .zero) == nil)
    machine.expectRoom(false, for: event(.sent))
    #expect(machine.nextDeadline == nil)
    let end = machine.wait(2, for: token, deadline: nil)
    #expect(end == .closed)
  }

  @Suite("Critical") struct Critical {
    let token = DeliveryToken()

    @Test("The failure of one channel waits for the other, until the deadline")
    func otherDelivers() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: .everyChannel(grace: nil))
      _ = machine.wait(1, for: token, deadline: .seconds(60))
      #expect(machine.deliver(event(.failed), token: token, now: .seconds(1)).resumptions.isEmpty)
      #expect(machine.nextDeadline == .seconds(60))
      let changes = machine.deliver(event(.delivered, channel: .push), token: token, now: .seconds(50))
      #expect(changes.resumptions.map(\.end) == [.met(event(.delivered, channel: .push))])
    }

    @Test("The failure of both settles immediately")
    func bothFail() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: .everyChannel(grace: nil))
      _ = machine.wait(1, for: token)
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      let changes = machine.deliver(event(.failed, channel: .push), token: token, now: .zero)
      #expect(changes.resumptions.map(\.end) == [.failed(event(.failed, channel: .push))])
      #expect(machine.snapshot(of: token)?.verdict == .failed(event(.failed, channel: .push)))
    }

    @Test("An undelivered notification has failed, whatever its channel")
    func undelivered() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: .everyChannel(grace: nil))
      var undelivered = event(.failed)
      undelivered.failure = .init(reason: nil, code: "undelivered")
      _ = machine.deliver(undelivered, token: token, now: .zero)
      #expect(machine.snapshot(of: token)?.verdict == .failed(undelivered))
    }

    @Test("The end of the grace period ends the wait, says what failed, and decides nothing")
    func graceEnds() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: .everyChannel(grace: .seconds(10)))
      _ = machine.wait(1, for: token, deadline: .seconds(60))
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      #expect(machine.expire(now: .seconds(9)).resumptions.isEmpty)
      let failed = FailedChannel(channel: .sms, failure: .init(reason: nil, code: "failed"))
      #expect(machine.expire(now: .seconds(10)).resumptions.map(\.end) == [.expired(.failed, [failed])])
      #expect(machine.snapshot(of: token)?.verdict == nil)
      _ = machine.deliver(event(.delivered, channel: .push), token: token, now: .seconds(11))
      #expect(machine.snapshot(of: token)?.verdict == .delivered(event(.delivered, channel: .push)))
    }

    @Test("A wait that begins after the failure has the rest of the grace period")
    func laterWait() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: .everyChannel(grace: .seconds(10)))
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      _ = machine.wait(1, for: token, deadline: .seconds(60))
      #expect(machine.nextDeadline == .seconds(10))
    }
  }
}
