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
