import Foundation
import HTTPTypes
import InMemoryTracing
import Logging
import Smooven
import SmoovenTesting
import TestSupport
import Tracing

let testKey: Secret = "sk_test_0123456789"

func event(
  _ kind: CallbackEvent.Kind,
  id: String? = "ntf_1",
  channel: NotificationChannel = .sms,
  key: String? = nil,
  provider: String = "smooven"
) -> CallbackEvent {
  CallbackEvent(
    provider: provider,
    name: "notification.\(kind)",
    kind: kind,
    correlationIDs: id.map { [$0] } ?? [],
    channel: channel,
    failure: kind == .failed ? .init(reason: nil, code: "failed") : nil,
    deduplicationKey: key ?? "\(id ?? "-")/\(kind)/\(channel)",
    payload: .null,
    rawBody: []
  )
}

func mockConfiguration(
  clock: any Clock<Duration> = ContinuousClock(),
  _ change: (inout SmoovenConfiguration) -> Void = { _ in }
) -> SmoovenConfiguration {
  var configuration = SmoovenConfiguration(
    secretKey: testKey,
    listener: .mounted(publicURL: "https://agent.example.com/hooks"),
    reconciliationTimeout: nil,
    clock: clock
  )
  change(&configuration)
  return configuration
}

/// Runs a client on a mock transport, whose callbacks arrive directly at its receiver.
func withMockedClient<Result: Sendable>(
  _ transport: MockTransport,
  configuration: SmoovenConfiguration = mockConfiguration(),
  store: (any DeliveryStore)? = nil,
  logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
  tracer: (any Tracer)? = nil,
  _ body: @escaping (SmoovenClient) async throws -> Result
) async throws -> Result {
  try await withSmoovenClient(
    configuration: configuration,
    transport: transport,
    store: store,
    logger: logger,
    metricsFactory: WaitGauge(),
    tracer: tracer
  ) { client in
    transport.deliverCallbacks(to: client.receiver)
    // The client runs, so no timer of a manual clock is one that waits for the start.
    _ = try await client.callbackURL(deadline: .seconds(3_600))
    return try await body(client)
  }
}

extension SmoovenClient {
  func remind(
    timeout: Duration = .seconds(30),
    urgency: Urgency = .normal,
    until: DeliveryCriterion = .delivered,
    key: String? = nil
  ) async throws -> DeliveryOutcome {
    try await sendAndWait(
      intent: "Remind Sarah",
      urgency: urgency,
      context: .init(userID: "sarah@example.com"),
      timeout: timeout,
      until: until,
      idempotencyKey: key
    )
  }

  func notifySarah(urgency: Urgency = .normal) async throws -> NotificationHandle {
    try await notify(intent: "Remind Sarah", urgency: urgency, context: .init(userID: "sarah@example.com"))
  }
}

extension InMemoryTracer {
  /// Waits until a number of sends have ended, including those that their callers have left.
  func sendsEnd(_ count: Int) async throws {
    try await until { finishedSpans.count { $0.operationName == "smooven.notify" } >= count }
  }
}
