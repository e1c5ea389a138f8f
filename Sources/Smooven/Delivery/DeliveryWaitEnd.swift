package import SmoovenCallbacks

/// The end of a single wait of the state machine.
///
/// It's indirect, like the types that follow, because every suspended task and every slot contains it, and it's rarely
/// needed.
package indirect enum DeliveryWaitEnd: Sendable, Equatable {
  /// This event met the goal.
  case met(CallbackEvent)
  /// This event made delivery impossible.
  case failed(CallbackEvent)
  /// The send is accepted or permanently unclear, as the snapshot shows.
  case accepted
  /// The stored delivery has changed.
  case changed
  /// Time ran out.
  case expired(DeliveryStatus, [FailedChannel])
  /// The caller's own send failed, and nothing was sent.
  case sendFailed(SmoovenError)
  /// The client was closed, or the slot released.
  case closed
  /// The waiting task was cancelled.
  case cancelled
}

/// The result of a notification's send.
package indirect enum DeliveryAcceptance: Sendable, Equatable {
  /// The send is still in progress.
  case pending
  /// Accepted, with a receipt.
  case accepted(NotifyReceipt)
  /// Accepted, without a receipt, because another caller or an earlier process sent it.
  case known
  /// The body was sent and no clear response arrived, or nothing was sent, as the error says.
  case unclear(SmoovenError)
}

/// The known state of a slot at one moment.
package struct DeliverySnapshot: Sendable, Equatable {
  package var ids: [String]
  /// The ids under which the notification was accepted, as far as they're known here.
  package var accepted: [String]
  package var status: DeliveryStatus
  package var acceptance: DeliveryAcceptance
  package var eventNames: [String]
  /// The channels that failed while another one may still deliver.
  package var failedChannels: [FailedChannel] = []
  package var verdict: DeliveryVerdict?
  package var revision: UInt32
}

/// The condition under which the failure of a channel settles a wait.
package indirect enum SettlingPolicy: Sendable, Equatable {
  /// The first failure settles a wait.
  case firstFailure
  /// A wait is settled once every channel has failed, because they're tried at the same time. With a grace period, a
  /// wait ends that long after the first failure.
  case everyChannel(grace: Duration?)
}
