package import SmoovenCallbacks

extension DeliveryVerdict {
  /// The channels that a critical notification uses at the same time (source: Smooven's page on urgency).
  private static let criticalChannels: Set<NotificationChannel> = [.sms, .push]

  /// Creates the verdict that events show about a delivery, in order.
  ///
  /// This is the one rule, for open waits and for stored deliveries. Only what can no longer change is a verdict, so
  /// the failure of one channel among several isn't one.
  package init?(_ events: some Sequence<CallbackEvent>, isCritical: Bool) {
    var failed: Set<NotificationChannel> = []
    for event in events {
      if event.kind.impliesDelivery {
        self = .delivered(event)
        return
      }
      guard event.kind == .failed else { continue }
      if let channel = event.channel { failed.insert(channel) }
      if Self.isFinal(event, failed: failed, isCritical: isCritical) {
        self = .failed(event)
        return
      }
    }
    return nil
  }

  private static func isFinal(
    _ event: CallbackEvent,
    failed: Set<NotificationChannel>,
    isCritical: Bool
  ) -> Bool {
    // "Could not reach the recipient after all attempts" (source: Smooven's API reference).
    if event.failure?.code == DeliveryStatus.undelivered.rawValue { return true }
    if event.source == .statusQuery, let chain = event.payload["fallback_chain"]?.arrayValue, !chain.isEmpty {
      return chain.allSatisfy { $0["status"] == "failed" || $0["status"] == "undelivered" }
    }
    return !isCritical || criticalChannels.isSubset(of: failed)
  }
}
