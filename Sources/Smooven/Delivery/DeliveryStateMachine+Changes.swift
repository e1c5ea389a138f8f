package import SmoovenCallbacks

extension DeliveryStateMachine {
  /// The work to do outside the lock.
  package struct Changes {
    /// Waiters to resume, each with its end.
    package var resumptions: [(waiter: Waiter, end: DeliveryWaitEnd)] = []
    /// Events that don't belong to an open notification.
    package var unmatched: [CallbackEvent] = []
    /// The disposition of the event of ``deliver(_:token:isDuplicate:isElsewhere:now:)``.
    package var disposition: CallbackDisposition?
    /// The end of a wait that wasn't kept, for the shell.
    package var end: DeliveryWaitEnd?
    /// A waiter that was removed, for the shell.
    package var waiter: Waiter?
    /// Whether ``release(_:now:)`` removed the slot.
    package var isReleased = false

    package init() {}
  }

  /// A task that wants to wait.
  package struct Request {
    package let id: UInt64
    package let waiter: Waiter
    package let goal: DeliveryGoal
    package let caller: UInt32
    package let deadline: Duration?

    package init(id: UInt64, waiter: Waiter, goal: DeliveryGoal, caller: UInt32 = 0, deadline: Duration?) {
      self.id = id
      self.waiter = waiter
      self.goal = goal
      self.caller = caller
      self.deadline = deadline
    }
  }
}
