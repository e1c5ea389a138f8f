internal import SmoovenSupport

/// The reason why a call failed.
///
/// It's safe to log, because the description contains no key, header, body, token, address or text of the server. A
/// cancelled caller gets `CancellationError`, and a wait that runs out of time gets
/// ``DeliveryOutcome/timedOut(lastKnown:failedChannels:)``. Neither is ever reported as this type.
public struct SmoovenError: Error, Sendable {
  /// The kind of failure.
  ///
  /// The list is open: new codes may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Wrapped: String {
      case invalidConfiguration, invalidRequest, unauthorized, rejected, notFound, rateLimited, unavailable
      case connectionFailed, overloaded, unconfirmed, serverError, invalidResponse, storeFailed, closed
      case alreadyRunning, idempotencyConflict, notRunning, neverSent, superseded
    }

    private let wrapped: Wrapped

    private init(_ wrapped: Wrapped) { self.wrapped = wrapped }

    /// Creates the code with a name, or returns `nil` if no code has that name.
    init?(named name: String) {
      guard let wrapped = Wrapped(rawValue: name) else { return nil }
      self.wrapped = wrapped
    }

    /// The configuration can't work, and the message names the setting.
    public static let invalidConfiguration = Code(.invalidConfiguration)
    /// The request broke a documented rule before it was sent, and the message names the field.
    public static let invalidRequest = Code(.invalidRequest)
    /// Smooven didn't accept the Secret Key (401 or 403).
    public static let unauthorized = Code(.unauthorized)
    /// Smooven refused the request (another 4xx, a redirect, or `success: false`), and ``SmoovenError/apiCode`` says
    /// why.
    public static let rejected = Code(.rejected)
    /// Smooven doesn't know the notification or player (404).
    public static let notFound = Code(.notFound)
    /// There were too many requests (429), and no retry fit before the deadline.
    ///
    /// May be retried.
    public static let rateLimited = Code(.rateLimited)
    /// Smooven is unavailable (its own 503), and no retry fit before the deadline.
    ///
    /// May be retried.
    public static let unavailable = Code(.unavailable)
    /// No connection was established, so nothing was sent.
    ///
    /// May be retried.
    public static let connectionFailed = Code(.connectionFailed)
    /// Too many requests of this client are in flight, so nothing was sent.
    ///
    /// May be retried. The limit is ``HTTPClientTransport``'s.
    public static let overloaded = Code(.overloaded)
    /// The request was sent, but the response is missing or unclear, so it may have been carried out.
    ///
    /// Repeating a notification can send it twice.
    public static let unconfirmed = Code(.unconfirmed)
    /// A request to read a status or a player, or to remove a player, got a 5xx, no response, or a response that isn't
    /// JSON.
    ///
    /// May be retried.
    public static let serverError = Code(.serverError)
    /// The response couldn't be understood.
    public static let invalidResponse = Code(.invalidResponse)
    /// The delivery store failed, and nothing was sent.
    public static let storeFailed = Code(.storeFailed)
    /// The client, the listener or the receiver has been shut down.
    public static let closed = Code(.closed)
    /// `run()` was called a second time.
    public static let alreadyRunning = Code(.alreadyRunning)
    /// The client wasn't run before the deadline, so nothing was sent.
    public static let notRunning = Code(.notRunning)
    /// The idempotency key was used before with another request.
    public static let idempotencyConflict = Code(.idempotencyConflict)
    /// The delivery that was resumed was never sent.
    public static let neverSent = Code(.neverSent)

    /// An escalation had already reached a person before this message was sent, so it wasn't sent.
    public static let superseded = Code(.superseded)

    /// The code's name.
    public var description: String { wrapped.rawValue }
  }

  /// The kind of failure.
  public var code: Code
  /// A human-readable description of the reason and what to do.
  public var message: String
  /// The field of the request or the configuration that is wrong, by its name on the wire.
  public var field: String?
  /// The HTTP status of the last response, if any.
  public var status: Int?
  /// The error code in Smooven's response, such as `invalid_recipient`.
  ///
  /// The list of codes is open.
  public var apiCode: String?
  /// The error message in Smooven's response, at most 1,000 characters.
  ///
  /// It may contain a recipient's address, so it's never part of the description. Don't log it, and escape it if you
  /// show it.
  public var apiMessage: String?
  /// The value of `X-Request-Id` in the last response.
  public var requestID: String?
  /// The number of times the request was sent.
  public var attempts: Int
  /// The time that the server asked to wait before the next request.
  public var retryAfter: Duration?
  /// The underlying error, if any.
  ///
  /// It may contain details that must not be logged.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// The message must contain nothing secret or personal.
  public init(
    _ code: Code,
    _ message: String,
    field: String? = nil,
    status: Int? = nil,
    apiCode: String? = nil,
    apiMessage: String? = nil,
    requestID: String? = nil,
    attempts: Int = 0,
    retryAfter: Duration? = nil,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.field = field
    self.status = status
    self.apiCode = apiCode
    self.apiMessage = apiMessage
    self.requestID = requestID
    self.attempts = attempts
    self.retryAfter = retryAfter
    self.cause = cause
  }

  /// Whether the same call may simply be repeated, which does no harm and may succeed later.
  public var isRetryable: Bool {
    switch code {
    case .rateLimited, .unavailable, .connectionFailed, .overloaded, .serverError: true
    default: false
    }
  }
}

extension SmoovenError: Equatable {
  /// Returns whether two errors are equal, except for their causes.
  public static func == (left: SmoovenError, right: SmoovenError) -> Bool {
    left.code == right.code && left.message == right.message && left.field == right.field
      && left.status == right.status && left.apiCode == right.apiCode && left.apiMessage == right.apiMessage
      && left.requestID == right.requestID && left.attempts == right.attempts
      && left.retryAfter == right.retryAfter
  }
}

extension SmoovenError: SafelyDescribed {
  /// The code, the message and the numbers in one line.
  public var description: String {
    var details: [String] = []
    if let apiCode, !message.contains(apiCode) { details.append(apiCode) }
    if let status { details.append("HTTP \(status)") }
    if let requestID { details.append("request \(requestID)") }
    if attempts > 1 { details.append("\(attempts) attempts") }
    if let retryAfter {
      details.append("retry after \(Int(min(max(retryAfter.inSeconds, 0), 1e15).rounded(.up))) s")
    }
    if let cause { details.append("cause: \(type(of: cause))") }
    return "\(code): \(message)" + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
  }
}
