package import SmoovenCallbacks

/// How a single wait of the state machine ended.
///
/// Indirect, as what follows, because it lies in every suspended task and every slot, and is seldom needed.
package indirect enum DeliveryWaitEnd: Sendable, Equatable {
  /// This event met the goal.
  case met(CallbackEvent)
  /// This event ended all hope.
  case failed(CallbackEvent)
  /// The send is accepted, or unclear for good; the snapshot says which.
  case accepted
  /// Time ran out.
  case expired(DeliveryStatus)
  /// Nothing was sent.
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
  /// Answered with a receipt.
  case accepted(NotifyReceipt)
  /// Accepted, without a receipt: sent by somebody else, or by an earlier process.
  case known
  /// Bytes left and no clear answer came.
  case unclear(SmoovenError)
  /// Refused, or never sent.
  case failed(SmoovenError)
}

/// What is known of a slot at one moment.
package struct DeliverySnapshot: Sendable, Equatable {
  package var ids: [String]
  package var status: DeliveryStatus
  package var acceptance: DeliveryAcceptance
  package var eventNames: [String]
}

/// When the failure of one channel settles a wait.
package indirect enum SettlingPolicy: Sendable, Equatable {
  /// At once.
  case firstFailure
  /// When all of these channels failed, or one did and nothing better came within the grace period: these channels
  /// are tried at the same time.
  case anyChannel(of: Set<NotificationChannel>, grace: Duration)
}
