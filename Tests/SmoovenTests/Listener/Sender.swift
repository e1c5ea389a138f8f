import Foundation
import HTTPTypes
import MetricsTestKit
import Smooven
import SmoovenTesting
import TestSupport
import Testing

/// A service that calls back.
///
/// There are six, with events as each of them sends them.
struct Sender: Sendable, CustomTestStringConvertible {
  static let now = Date(timeIntervalSince1970: 1_772_697_615)
  static let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let otherSecret: Secret = "whsec_b3RoZXIgc2VjcmV0IG9mIHR3ZW50eSBieXRlcw=="

  static let smooven = Sender(name: "smooven")
  static let notificationAPI = Sender(name: "notificationapi")
  static let pingram = Sender(name: "pingram")
  static let smartlyQ = Sender(name: "smartlyq")
  static let smobi = Sender(name: "smobi")
  static let standardWebhooks = Sender(name: "standardwebhooks")
  static let all = [smooven, notificationAPI, pingram, smartlyQ, smobi, standardWebhooks]

  let name: String

  var testDescription: String { name }

  func provider(_ secret: Secret = Self.secret) throws -> any CallbackProvider {
    switch name {
    case "smooven": try SmoovenCallbackProvider(secrets: [secret])
    case "notificationapi": NotificationAPICallbackProvider()
    case "pingram": try PingramCallbackProvider(secrets: [secret])
    case "smartlyq": try SmartlyQCallbackProvider(secrets: [secret])
    case "smobi": SmobiCallbackProvider()
    default: try StandardWebhooksCallbackProvider(secrets: [secret])
    }
  }

  /// The criterion that is met by an arrival, for which the open convention has no event.
  var criterion: DeliveryCriterion { name == "standardwebhooks" ? .matching { _ in true } : .delivered }

  /// Returns the event that reports an arrival.
  func arrival(_ id: String) -> String {
    switch name {
    case "smooven":
      """
      {"event":"notification.delivered","notification_id":"\(id)","channel_used":"sms","status":"delivered",\
      "timestamp":"2026-03-05T08:00:15Z"}
      """
    case "notificationapi": #"{"eventType":"OPEN","trackingId":"\#(id)","channel":"EMAIL","userId":"u"}"#
    case "pingram": #"{"eventType":"SMS_DELIVERED","trackingId":"\#(id)","channel":"SMS","userId":"u"}"#
    case "smartlyq": #"{"event":"job.completed","data":{"job_id":"\#(id)","status":"completed"}}"#
    case "smobi":
      #"{"clientRef":"\#(id)","to":"15552223333","from":"Smobi-Dev","status":"DELIVERED","channel":"RCS"}"#
    default: #"{"type":"parcel.arrived","data":{"id":"\#(id)"}}"#
    }
  }

  /// Returns a request as the service sends it.
  func request(_ body: String, to path: String? = nil, secret: Secret = Self.secret) throws -> CallbackRequest
  {
    let body = Array(body.utf8)
    let target = path ?? "/callbacks/\(name)"
    let url = target.range(of: "/callbacks/").map { String(target[$0.lowerBound...]) } ?? target
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: url)
    head.headerFields[.contentType] = "application/json"
    if let signing = try provider(secret) as? any SigningCallbackProvider {
      // One message has one id, so bytes that are sent twice are a redelivery.
      for field in signing.sign(body, id: CallbackRequest(head: head, body: body).bodyDigest, at: Self.now) {
        head.headerFields.append(field)
      }
    }
    return CallbackRequest(head: head, body: body)
  }

  /// Returns the event that reports an arrival, as the service sends it.
  func arrivalRequest(
    _ id: String,
    to path: String? = nil,
    secret: Secret = Self.secret
  ) throws -> CallbackRequest {
    try request(arrival(id), to: path, secret: secret)
  }
}

/// Runs a receiver on a stopped clock while a closure runs.
func withReceiver<Result: Sendable>(
  _ endpoints: [CallbackEndpoint] = [],
  limits: DeliveryLimits = DeliveryLimits(),
  metrics: TestMetrics = TestMetrics(),
  _ body: (CallbackReceiver, ManualClock) async throws -> Result
) async throws -> Result {
  let clock = ManualClock()
  let receiver = try CallbackReceiver(
    endpoints: endpoints,
    limits: limits,
    clock: clock,
    now: { Sender.now },
    metricsFactory: metrics
  )
  let running = Task { try await receiver.run() }
  defer { running.cancel() }
  // The receiver runs, so no timer of the clock belongs to one that isn't run yet.
  try await until { receiver.tracker.isRunning }
  return try await body(receiver, clock)
}

/// Returns an endpoint for each of the six, without authentication if the service doesn't sign.
func sixEndpoints() throws -> [CallbackEndpoint] {
  try Sender.all.map { sender in
    let provider = try sender.provider()
    return CallbackEndpoint(
      provider,
      authentication: provider.isSigned ? .signature : CallbackAuthentication.none
    )
  }
}

extension CallbackReceiver {
  /// Returns the status of the response to a request.
  func status(of request: CallbackRequest) async -> Int {
    await receive(request).status.code
  }
}

extension CallbackReceiver {
  /// Passes in a request, and expects a status.
  func expectStatus(
    _ expected: Int,
    of request: CallbackRequest,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let status = await status(of: request)
    #expect(status == expected, sourceLocation: sourceLocation)
  }
}

/// Expects something that had to be awaited, because the macro can't throw through closures that rethrow.
func expectTrue(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(condition, sourceLocation: sourceLocation)
}
