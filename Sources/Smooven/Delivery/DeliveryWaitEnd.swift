package import SmoovenCallbacks

/// The end of a single wait of the state machine.
///
/// It's indirect, because every suspended task and every slot contains it, and it's rarely needed.
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
