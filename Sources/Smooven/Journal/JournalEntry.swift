internal import Crypto
public import SmoovenCallbacks
internal import SmoovenSupport

public import struct Foundation.Date

/// One thing that happened, as a ``DeliveryJournal`` keeps it.
public struct JournalEntry: Sendable {
  /// Its place in the journal, counted from 1.
  ///
  /// Numbers grow. Those of entries that are no longer kept are missing.
  public let number: UInt64
  /// The time, by the wall clock.
  public let at: Date
  /// The kind of the entry.
  public let kind: Kind
  package let token: DeliveryToken?
  let traffic: JournalTraffic

  init(number: UInt64, at: Date, kind: Kind, token: DeliveryToken?, traffic: JournalTraffic) {
    self.number = number
    self.at = at
    self.kind = kind
    self.token = token
    self.traffic = traffic
  }

  /// The delivery that it is about, or `nil` if none is known.
  ///
  /// It's a digest of the token in the callback URL, so it's safe to show and can't be used to call back.
  public var handle: String? { token?.fingerprint }

  /// The event, for ``Kind/callback(_:_:request:)``.
  public var event: CallbackEvent? {
    if case .callback(let event, _, _) = kind { event } else { nil }
  }

  /// The kind of an entry.
  ///
  /// More cases may be added, so a `switch` over it needs a `default`.
  public enum Kind: Sendable {
    /// A delivery was opened, before its request was sent. `isKeyed` indicates whether an idempotency key was given.
    case opened(isKeyed: Bool)
    /// A wait for a callback of a provider was opened, which something else than this client triggers.
    case expected(provider: String)
    /// The client started to send the body of a request. Attempts are counted from 1 for each caller.
    case requestLeft(attempt: Int)
    /// Smooven accepted the notification under an id.
    case accepted(id: String, status: DeliveryStatus, channel: NotificationChannel?)
    /// An attempt was refused, or couldn't be carried out: nothing was sent.
    indirect case refused(SmoovenError)
    /// An attempt may have been carried out, but no response says so.
    indirect case unclear(SmoovenError)
    /// A verified event arrived, by a callback or in a status that was asked for. The request is kept only by a journal
    /// with ``DeliveryJournal/keepsRequests``.
    case callback(CallbackEvent, CallbackDisposition, request: JournalRequest?)
    /// A request was refused.
    indirect case rejected(JournalRejection)
    /// Smooven was asked for the status, or `nil` if it couldn't be asked.
    case statusAsked(DeliveryStatus?)
    /// A wait ended.
    case settled(JournalOutcome)
    /// A caller attached to a delivery that was opened earlier.
    case resumed
    /// The last handle of the delivery was released, so later callbacks are late.
    case released
  }

  /// The approximate memory in bytes.
  var size: Int {
    switch kind {
    case .callback(let event, _, let request):
      // A request shares the bytes of its whole body. A part of it is a copy.
      512
        + (request.map { $0.isComplete ? max($0.size, event.rawBody.count) : $0.size + event.rawBody.count }
          ?? event.rawBody.count)
    case .rejected(let rejection): 512 + (rejection.request?.size ?? 0)
    case .refused, .unclear: 512
    default: 128
    }
  }
}

/// The end of a wait, as the journal keeps it.
public struct JournalOutcome: Sendable, Hashable {
  /// The outcome in snake case: `delivered`, `failed` or `timed_out`.
  public let name: String
  /// The last known status of the notification.
  public let status: DeliveryStatus
  /// The time since the handle of the wait was created.
  public let elapsed: Duration
}

extension JournalOutcome {
  init(_ outcome: DeliveryOutcome, _ status: DeliveryStatus, after elapsed: Duration) {
    name = outcome.name
    if case .timedOut(let lastKnown, _) = outcome { self.status = lastKnown } else { self.status = status }
    self.elapsed = elapsed
  }
}

extension JournalEntry: SafelyDescribed {
  /// The number, what happened, and the handle.
  public var description: String {
    "JournalEntry(#\(number) \(kind), \(handle ?? "no delivery"))"
  }
}

extension JournalEntry.Kind: SafelyDescribed {
  /// The entry in a few words, without tokens, recipients and bodies.
  public var description: String {
    switch self {
    case .opened(let isKeyed): isKeyed ? "opened with a key" : "opened"
    case .expected(let provider): "expected from \(provider.loggable)"
    case .requestLeft(let attempt): "request left, attempt \(attempt)"
    case .accepted(let id, let status, _): "accepted \(id.loggable), \(status.rawValue.loggable)"
    case .refused(let error): "refused: \(error.code)"
    case .unclear(let error): "unclear: \(error.code)"
    case .callback(let event, let disposition, _): "callback \(event.name.loggable), \(disposition.rawValue)"
    case .rejected(let rejection): "rejected: \(rejection.reason.loggable)"
    case .statusAsked(let status): "status asked: \((status?.rawValue ?? "no response").loggable)"
    case .settled(let outcome): "settled: \(outcome.name)"
    case .resumed: "resumed"
    case .released: "released"
    }
  }
}

extension DeliveryToken {
  /// A digest that names the delivery and doesn't lead back to the token.
  package var fingerprint: String {
    String(Hex.encode(SHA256.hash(data: Array("journal:\(text)".utf8))).prefix(16))
  }
}
