/// The result of a notification's send.
///
/// It's indirect, because every slot contains it, and it's rarely more than `pending`.
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
