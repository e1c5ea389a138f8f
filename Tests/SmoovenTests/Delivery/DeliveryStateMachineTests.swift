import Testing

@testable import Smooven

@Suite("State machine") struct DeliveryStateMachineTests {
  typealias Machine = DeliveryStateMachine<Int>

  static func makeMachine(_ limits: DeliveryLimits = .init()) -> Machine { Machine(limits: limits) }

  /// A machine with one reserved slot.
  static func reserved(
    _ token: DeliveryToken,
    policy: SettlingPolicy = .firstFailure,
    limits: DeliveryLimits = .init()
  ) -> Machine {
    var machine = makeMachine(limits)
    _ = machine.reserve(token, scope: "smooven", policy: policy, now: .zero)
    return machine
  }

  static func receipt(_ id: String) -> NotifyReceipt {
    NotifyReceipt(notificationID: id, channel: .sms, status: .queued, acceptedAt: nil)
  }

  let token = DeliveryToken()

  @Test("A callback by token before the answer settles the wait")
  func callbackBeforeAnswer() {
    var machine = Self.reserved(token)
    let kept = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: .seconds(30),
      now: .zero,
      isCancelled: false
    )
    #expect(kept == nil)
    let changes = machine.deliver(event(.delivered), token: token, now: .seconds(1))
    #expect(changes.disposition == .matched)
    #expect(changes.resumptions.map(\.waiter) == [7])
    #expect(changes.resumptions.map(\.end) == [.met(event(.delivered))])
    #expect(machine.snapshot(of: token)?.ids == ["ntf_1"])
    #expect(machine.waitCount == 0)
  }

  @Test("An event that settled before anybody waited is found by the wait")
  func waitAfterEvent() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    let end = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: .seconds(30),
      now: .zero,
      isCancelled: false
    )
    #expect(end == .met(event(.delivered)))
  }

  @Test("An answer that names another notification leaves the early events of other sends alone")
  func rebindingKeepsEarlyEvents() {
    var machine = Self.reserved(token, limits: DeliveryLimits(earlyEvents: .whileSending))
    _ = machine.deliver(event(.sent), token: token, now: .zero)
    _ = machine.accept(token, id: "ntf_2", receipt: Self.receipt("ntf_2"), now: .zero)
    let other = DeliveryToken()
    _ = machine.reserve(other, scope: "smooven", now: .zero)
    #expect(machine.deliver(event(.delivered, id: "ntf_3"), token: nil, now: .zero).disposition == .early)
    _ = machine.release(other, now: .zero)
    #expect(machine.deliver(event(.delivered, id: "ntf_4"), token: nil, now: .zero).disposition == .unmatched)
  }

  @Test("A callback by id that comes before the answer is claimed by it")
  func earlyEventByID() {
    var machine = Self.reserved(token)
    #expect(machine.deliver(event(.delivered), token: nil, now: .zero).disposition == .early)
    #expect(machine.deliver(event(.delivered), token: nil, now: .zero).disposition == .duplicate)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: .seconds(30),
      now: .zero,
      isCancelled: false
    )
    let changes = machine.accept(token, id: "ntf_1", receipt: Self.receipt("ntf_1"), now: .zero)
    #expect(changes.resumptions.map(\.end) == [.met(event(.delivered))])
    #expect(machine.earlyCount == 0)
  }

  @Test("Progress does not settle", arguments: [CallbackEvent.Kind.queued, .sent, .fallback, .other])
  func progress(kind: CallbackEvent.Kind) {
    var machine = Self.reserved(token)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: .seconds(30),
      now: .zero,
      isCancelled: false
    )
    #expect(machine.deliver(event(kind), token: token, now: .zero).resumptions.isEmpty)
    let expired = machine.expire(now: .seconds(30))
    let known = kind == .other ? DeliveryStatus.unconfirmed : DeliveryStatus(rawValue: kind.rawValue)
    #expect(expired.resumptions.map(\.end) == [.expired(known)])
  }

  @Test(
    "What implies delivery settles a wait on delivery",
    arguments: [CallbackEvent.Kind.delivered, .opened, .clicked, .read, .replied]
  )
  func impliesDelivery(kind: CallbackEvent.Kind) {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(kind), token: token, now: .zero)
    let end = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    #expect(end == .met(event(kind)))
  }

  @Test("A settled outcome never changes")
  func forwardOnly() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.failed), token: token, now: .zero)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    _ = machine.deliver(event(.queued), token: token, now: .zero)
    let end = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    #expect(end == .failed(event(.failed)))
    #expect(machine.snapshot(of: token)?.status == .failed)
  }

  @Test("A failure after delivery changes nothing, and an open may still come")
  func failureAfterDelivery() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.delivered), token: token, now: .zero)
    _ = machine.deliver(event(.failed), token: token, now: .zero)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 7,
      goal: .opened,
      deadline: .seconds(30),
      now: .zero,
      isCancelled: false
    )
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

  @Test("Token and id of different notifications settle neither")
  func mismatch() {
    let other = DeliveryToken()
    var machine = Self.reserved(token)
    _ = machine.reserve(other, scope: "smooven", now: .zero)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    _ = machine.accept(other, id: "ntf_2", receipt: nil, now: .zero)
    let changes = machine.deliver(event(.delivered, id: "ntf_2"), token: token, now: .zero)
    #expect(changes.disposition == .mismatched)
    #expect(changes.unmatched == [event(.delivered, id: "ntf_2")])
    #expect(machine.snapshot(of: token)?.eventNames == [])
    #expect(machine.snapshot(of: other)?.eventNames == [])
  }

  @Test("An id that is another notification's cannot bind an open slot")
  func foreignIDBeforeAnswer() {
    let other = DeliveryToken()
    var machine = Self.reserved(token)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    _ = machine.reserve(other, scope: "smooven", now: .zero)
    #expect(machine.deliver(event(.delivered), token: other, now: .zero).disposition == .mismatched)
  }

  @Test("The answer's id wins over that of an earlier callback")
  func answerWins() {
    var machine = Self.reserved(token)
    _ = machine.deliver(event(.sent, id: "ntf_replayed"), token: token, now: .zero)
    let changes = machine.accept(token, id: "ntf_1", receipt: Self.receipt("ntf_1"), now: .zero)
    #expect(changes.unmatched == [event(.sent, id: "ntf_replayed")])
    #expect(machine.snapshot(of: token)?.ids == ["ntf_1"])
    #expect(machine.snapshot(of: token)?.status == .queued)
    #expect(machine.deliver(event(.sent, id: "ntf_replayed"), token: nil, now: .zero).disposition == .early)
    // What has settled stays settled, whatever the answer says.
    let other = DeliveryToken()
    _ = machine.reserve(other, scope: "smooven", now: .zero)
    _ = machine.deliver(event(.delivered, id: "ntf_2"), token: other, now: .zero)
    let accepted = machine.accept(other, id: "ntf_3", receipt: Self.receipt("ntf_3"), now: .zero)
    #expect(accepted.unmatched.isEmpty)
    #expect(machine.snapshot(of: other)?.status == .delivered)
    #expect(machine.snapshot(of: other)?.ids == ["ntf_2", "ntf_3"])
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

  @Test("A released slot swallows nothing")
  func late() {
    var machine = Self.reserved(token)
    _ = machine.accept(token, id: "ntf_1", receipt: nil, now: .zero)
    _ = machine.release(token, now: .zero)
    let changes = machine.deliver(event(.delivered), token: token, now: .zero)
    #expect(changes.disposition == .late)
    #expect(changes.unmatched == [event(.delivered)])
    #expect(machine.slotCount == 0)
  }

  @Test("An early event that nobody claims becomes unmatched when its time is up")
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
    let admitted1 = machine.admits(event(.sent, id: "a"), token: nil)
    #expect(admitted1 == true)
    _ = machine.deliver(event(.sent, id: "a"), token: nil, now: .zero)
    let admitted2 = machine.admits(event(.sent, id: "b"), token: nil)
    #expect(admitted2 == false)
    #expect(machine.earlyCount == 1)
  }

  @Test("What somebody had before takes no room from what nobody had")
  func knownEventsTakeNoRoom() {
    var machine = Self.makeMachine(.init(maximumEarlyEvents: 1))
    for id in ["a", "b", "c"] {
      let token = DeliveryToken()
      _ = machine.reserve(token, scope: "smooven", ids: [id], now: .zero)
      _ = machine.deliver(event(.delivered, id: id), token: nil, now: .zero)
      _ = machine.release(token, now: .zero)
    }
    #expect(machine.earlyCount == 1)
    let isAdmitted = machine.admits(event(.sent, id: "d"), token: nil)
    #expect(isAdmitted)
  }

  @Test("A full history admits no further event")
  func fullHistory() {
    var machine = Self.reserved(token, limits: .init(maximumEventsPerNotification: 1))
    _ = machine.deliver(event(.sent), token: token, now: .zero)
    let admitted3 = machine.admits(event(.delivered), token: token)
    #expect(admitted3 == false)
  }

  @Test("A failed send ends all waits; after a callback it is ignored")
  func failedSend() {
    let error = SmoovenError(.rejected, "no")
    var machine = Self.reserved(token)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 1,
      goal: .acceptance,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    _ = machine.wait(
      for: token,
      id: 2,
      waiter: 2,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    let changes = machine.failSend(token, error)
    #expect(changes.resumptions.map(\.end) == [.sendFailed(error), .sendFailed(error)])

    let other = DeliveryToken()
    _ = machine.reserve(other, scope: "smooven", now: .zero)
    _ = machine.deliver(event(.sent, id: "ntf_2"), token: other, now: .zero)
    _ = machine.failSend(other, error)
    let kept = machine.wait(
      for: other,
      id: 3,
      waiter: 3,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    #expect(kept == nil)
  }

  @Test("An unclear send ends the wait on acceptance, not the one on delivery")
  func unclearSend() {
    let error = SmoovenError(.unconfirmed, "?")
    var machine = Self.reserved(token)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 1,
      goal: .acceptance,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    _ = machine.wait(
      for: token,
      id: 2,
      waiter: 2,
      goal: .delivered,
      deadline: .seconds(1),
      now: .zero,
      isCancelled: false
    )
    #expect(machine.noteUnclearSend(token, error).resumptions.map(\.end) == [.accepted])
    #expect(machine.expire(now: .seconds(1)).resumptions.map(\.end) == [.expired(.unconfirmed)])
  }

  @Test("Cancellation before, while and after registering")
  func cancellation() {
    var machine = Self.reserved(token)
    #expect(machine.cancel(token, id: 1) == nil)
    let before = machine.wait(
      for: token,
      id: 1,
      waiter: 1,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: true
    )
    #expect(before == .cancelled)
    _ = machine.wait(
      for: token,
      id: 2,
      waiter: 2,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    _ = machine.wait(
      for: token,
      id: 3,
      waiter: 3,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    #expect(machine.cancel(token, id: 2) == 2)
    #expect(machine.cancel(token, id: 2) == nil)
    #expect(machine.deliver(event(.delivered), token: token, now: .zero).resumptions.map(\.waiter) == [3])
    #expect(machine.cancel(token, id: 3) == nil)
  }

  @Test("Closing ends everything and refuses newcomers")
  func close() {
    var machine = Self.reserved(token)
    _ = machine.wait(
      for: token,
      id: 1,
      waiter: 1,
      goal: .delivered,
      deadline: .seconds(1),
      now: .zero,
      isCancelled: false
    )
    _ = machine.deliver(event(.sent, id: "other"), token: nil, now: .zero)
    let changes = machine.close()
    #expect(changes.resumptions.map(\.end) == [.closed])
    #expect(changes.unmatched == [event(.sent, id: "other")])
    #expect(machine.reserve(DeliveryToken(), scope: "smooven", now: .zero) == nil)
    let admitted4 = machine.admits(event(.sent), token: nil)
    #expect(admitted4 == false)
    #expect(machine.nextDeadline == nil)
    let end = machine.wait(
      for: token,
      id: 2,
      waiter: 2,
      goal: .delivered,
      deadline: nil,
      now: .zero,
      isCancelled: false
    )
    #expect(end == .closed)
  }

  @Suite("Critical") struct Critical {
    let token = DeliveryToken()
    static let policy = SettlingPolicy.anyChannel(of: [.sms, .push], grace: .seconds(10))

    @Test("One channel's failure waits for its sibling")
    func siblingDelivers() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: Self.policy)
      _ = machine.wait(
        for: token,
        id: 1,
        waiter: 1,
        goal: .delivered,
        deadline: .seconds(60),
        now: .zero,
        isCancelled: false
      )
      #expect(machine.deliver(event(.failed), token: token, now: .seconds(1)).resumptions.isEmpty)
      #expect(machine.nextDeadline == .seconds(11))
      let changes = machine.deliver(event(.delivered, channel: .push), token: token, now: .seconds(2))
      #expect(changes.resumptions.map(\.end) == [.met(event(.delivered, channel: .push))])
      #expect(machine.expire(now: .seconds(11)).resumptions.isEmpty)
    }

    @Test("The failure of both settles at once")
    func bothFail() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: Self.policy)
      _ = machine.wait(
        for: token,
        id: 1,
        waiter: 1,
        goal: .delivered,
        deadline: .seconds(60),
        now: .zero,
        isCancelled: false
      )
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      let changes = machine.deliver(event(.failed, channel: .push), token: token, now: .zero)
      #expect(changes.resumptions.map(\.end) == [.failed(event(.failed, channel: .push))])
    }

    @Test("The end of the grace period settles")
    func graceEnds() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: Self.policy)
      _ = machine.wait(
        for: token,
        id: 1,
        waiter: 1,
        goal: .delivered,
        deadline: .seconds(60),
        now: .zero,
        isCancelled: false
      )
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      #expect(machine.expire(now: .seconds(9)).resumptions.isEmpty)
      #expect(machine.expire(now: .seconds(10)).resumptions.map(\.end) == [.failed(event(.failed))])
    }

    @Test("A deadline within the grace period tells the failure, not a timeout")
    func deadlineFirst() {
      var machine = DeliveryStateMachineTests.reserved(token, policy: Self.policy)
      _ = machine.wait(
        for: token,
        id: 1,
        waiter: 1,
        goal: .delivered,
        deadline: .seconds(5),
        now: .zero,
        isCancelled: false
      )
      _ = machine.deliver(event(.failed), token: token, now: .zero)
      #expect(machine.expire(now: .seconds(5)).resumptions.map(\.end) == [.failed(event(.failed))])
    }
  }
}
