internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenHTTP
internal import SmoovenSupport

/// A request that was refused, and why.
public struct JournalRejection: Sendable {
  /// The reason in snake case, as metrics have it, such as `no_match` or `too_old`.
  public let reason: String
  /// The fault and the remedy, for a person.
  ///
  /// It contains nothing from the request.
  public let message: String
  /// The HTTP status of the response.
  public let status: Int
  /// The endpoint at which it arrived, or `nil` if no endpoint has its path, or if the port refused it before it was read.
  public let endpoint: String?
  /// The provider of that endpoint.
  public let provider: String?
  /// The age of the signed time, negative if it's ahead, or `nil` if the reason is neither `too_old` nor `too_new`.
  public let age: Duration?
  /// The exceeded limit in bytes, or `nil` if the reason is neither `body_too_large` nor `headers_too_large`.
  public let limit: Int?
  /// The request, or `nil` if the port refused it before it was read.
  public let request: JournalRequest?

  init(
    reason: String,
    message: String,
    status: Int,
    endpoint: String? = nil,
    provider: String? = nil,
    age: Duration? = nil,
    limit: Int? = nil,
    request: JournalRequest? = nil
  ) {
    self.reason = reason
    self.message = message
    self.status = status
    self.endpoint = endpoint
    self.provider = provider
    self.age = age
    self.limit = limit
    self.request = request
  }
}

extension JournalRejection {
  /// A request or a connection that the port turned away.
  init(_ refusal: HTTPRefusal, _ configuration: ListenerConfiguration) {
    let limit: Int? =
      switch refusal.reason {
      case .bodyTooLarge: configuration.maximumBodySize
      case .headersTooLarge: configuration.maximumHeaderSize
      default: nil
      }
    self.init(
      reason: refusal.reason.rawValue,
      message: "\(refusal.detail)",
      status: refusal.status.code,
      limit: limit
    )
  }
}

extension JournalRejection: SafelyDescribed {
  /// The status, the reason and the message.
  public var description: String { "\(status) \(reason.loggable): \(message.loggable)" }
}
