package import SmoovenCallbacks

/// How a single wait of the state machine ended.
///
/// Indirect, like the types that follow, because it lies in every suspended task and every slot, and is seldom needed.
package indirect enum DeliveryWaitEnd: Sendable, Equatable {
  /// This event met the goal.
  case met(CallbackEvent)
  /// This event made delivery impossible.
  case failed(CallbackEvent)
  /// The send is accepted, or unclear for good; the snapshot says which.
  case accepted
  /// The stored delivery changed.
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

/// How the send of a notification went.
package indirect enum DeliveryAcceptance: Sendable, Equatable {
  /// Still under way.
  case pending
  /// Accepted, with a receipt.
  case accepted(NotifyReceipt)
  /// Accepted, without a receipt: sent by another caller, or by an earlier process.
  case known
  /// The body left and no clear response came, or nothing was sent; the error says which.
  case unclear(SmoovenError)
}

/// What is known of a slot at one moment.
package struct DeliverySnapshot: Sendable, Equatable {
  package var ids: [String]
  /// The ids under which it was accepted, as far as they are known here.
  package var accepted: [String]
  package var status: DeliveryStatus
  package var acceptance: DeliveryAcceptance
  package var eventNames: [String]
  /// The channels that failed while another may still deliver.
  package var failedChannels: [FailedChannel] = []
  package var verdict: DeliveryVerdict?
  package var revision: UInt32
}

/// When the failure of a channel settles a wait.
package indirect enum SettlingPolicy: Sendable, Equatable {
  /// Immediately.
  case firstFailure
  /// When every channel failed, because they are tried at the same time. With a grace period, a wait ends that long after
  /// the first failure.
  case everyChannel(grace: Duration?)
}
