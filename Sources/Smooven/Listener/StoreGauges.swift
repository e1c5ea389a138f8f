internal import CoreMetrics
internal import Logging
internal import SmoovenSupport

internal import struct Foundation.Date

/// The sampling of how full the store and the buffer of early events are, for gauges and a warning.
///
/// A task of the receiver runs it, so that no callback and no wait pays for it.
struct StoreGauges: Sendable {
  /// The time between two samples.
  static let interval = Duration.seconds(10)
  /// The deduplication window, in seconds, below which a warning is logged, and the time between two warnings.
  private static let hour = 3_600.0

  private let store: any DeliveryStore
  private let tracker: DeliveryTracker
  private let clock: DeliveryClock
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let deliveries: Gauge
  private let callbacks: Gauge
  private let earlyEvents: Gauge
  // Only for configured endpoints, because those of expected callbacks are used only once.
  private let fill: [String: Gauge]
  private let window: [String: Gauge]

  init(
    store: any DeliveryStore,
    tracker: DeliveryTracker,
    endpoints: some Sequence<String>,
    clock: DeliveryClock,
    now: @escaping @Sendable () -> Date,
    factory: any MetricsFactory,
    logger: Logger
  ) {
    self.store = store
    self.tracker = tracker
    self.clock = clock
    self.now = now
    self.logger = logger
    deliveries = Gauge(label: "smooven_store_deliveries", factory: factory)
    callbacks = Gauge(label: "smooven_store_callbacks", factory: factory)
    earlyEvents = Gauge(label: "smooven_early_events_fill_ratio", factory: factory)
    func gauges(_ label: String) -> [String: Gauge] {
      Dictionary(
        uniqueKeysWithValues: endpoints.map {
          ($0, Gauge(label: label, dimensions: [("endpoint", $0)], factory: factory))
        }
      )
    }
    fill = gauges("smooven_store_keys_fill_ratio")
    window = gauges("smooven_store_window_seconds")
  }

  /// Samples now and every 10 seconds, until cancelled.
  func run() async {
    var warnedAt: [String: Duration] = [:]
    while !Task.isCancelled {
      await sample(&warnedAt)
      guard (try? await clock.rest(clock.now() + Self.interval)) != nil else { return }
    }
  }

  /// Samples all gauges once.
  ///
  /// - Parameter warnedAt: The time of the last warning about each endpoint's window.
  func sample(_ warnedAt: inout [String: Duration]) async {
    earlyEvents.record(tracker.earlyFill)
    let usage: DeliveryStoreUsage?
    do {
      usage = try await store.usage()
    } catch {
      if !Task.isCancelled {
        logger.debug("the store's usage is not known", metadata: ["error": "\(type(of: error))"])
      }
      return
    }
    guard let usage else { return }
    deliveries.record(usage.deliveries)
    callbacks.record(usage.callbacks)
    for (endpoint, keys) in usage.keys {
      guard let fill = fill[endpoint] else { continue }
      fill.record(keys.fillRatio)
      guard let seconds = keys.window(at: now()) else { continue }
      window[endpoint]?.record(seconds)
      if seconds < Self.hour { warn(of: endpoint, keys, seconds, &warnedAt) }
    }
  }

  /// Logs a warning, at most once an hour for each endpoint.
  private func warn(
    of endpoint: String,
    _ keys: DeliveryStoreUsage.Keys,
    _ seconds: Double,
    _ warnedAt: inout [String: Duration]
  ) {
    let time = clock.now()
    if let last = warnedAt[endpoint], time - last < .seconds(Self.hour) { return }
    warnedAt[endpoint] = time
    logger.warning(
      "the store forgets deduplication keys after less than an hour, and refuses older callbacks: raise its capacity",
      metadata: [
        "endpoint": "\(endpoint.loggable)", "window_seconds": "\(Int64(seconds))",
        "capacity": "\(keys.capacity)",
      ]
    )
  }
}

extension DeliveryStoreUsage.Keys {
  /// The fraction of the capacity that is used.
  var fillRatio: Double { capacity > 0 ? Double(count) / Double(capacity) : 1 }

  /// Returns how far back a replay is recognized, in seconds, or `nil` if no key was forgotten.
  ///
  /// If keys were forgotten for lack of room, it's measured from the newest signed time. If they only became too old,
  /// it's measured from now, because an endpoint without traffic doesn't narrow its window.
  func window(at now: Date) -> Double? {
    guard let floor else { return nil }
    let isCrowded = fillRatio > 0.9
    let end = isCrowded ? newest ?? now : max(newest ?? now, now)
    return min(max(end.timeIntervalSince(floor), 0), 1e9)
  }
}
