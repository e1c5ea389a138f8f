internal import CoreMetrics
internal import SmoovenHTTP

/// The metrics of what a port refuses before a receiver sees it.
struct ListenerTelemetry: Sendable {
  // All of them are created in advance, because refusing must stay cheap when there's much to refuse.
  private let refused: [HTTPRefusal.Reason: Counter]

  init(factory: any MetricsFactory) {
    refused = Dictionary(
      uniqueKeysWithValues: HTTPRefusal.Reason.allCases.map { refusal in
        let dimensions = [("reason", refusal.rawValue)]
        return (
          refusal,
          Counter(label: "smooven_requests_refused_total", dimensions: dimensions, factory: factory)
        )
      }
    )
  }

  func countRefused(_ refusal: HTTPRefusal) {
    refused[refusal.reason]?.increment()
  }
}
