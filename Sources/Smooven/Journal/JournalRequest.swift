public import HTTPTypes
public import SmoovenCallbacks

/// A request as a journal keeps it, without what authenticates it.
///
/// Values of header fields such as `Authorization` and `Cookie`, tokens in the path, and the query are replaced by a
/// placeholder. Signatures stay, because they prove nothing about other requests. The body is personal data.
public struct JournalRequest: Sendable, Hashable {
  private final class Content: Sendable {
    let head: HTTPRequest
    let body: [UInt8]
    let bodySize: Int
    let remoteAddress: String?
    let size: Int

    init(_ request: CallbackRequest, maximumBody: Int) {
      head = RequestRedaction.head(request.head)
      bodySize = request.body.count
      body = bodySize > maximumBody ? Array(request.body.prefix(maximumBody)) : request.body
      remoteAddress = request.remoteAddress
      size =
        256 + body.count + (head.path?.utf8.count ?? 0)
        + head.headerFields.reduce(0) { $0 + 64 + $1.name.rawName.utf8.count + $1.value.utf8.count }
    }
  }

  /// The number of bytes that are kept of the body of a refused request.
  static let bodyPrefix = 1_024
  /// The number of bytes that are kept of a body that is to be shown.
  static let wholeBody = 64 << 10

  // One reference, because the entries of a journal are small.
  private let content: Content

  init(_ request: CallbackRequest, maximumBody: Int) {
    content = Content(request, maximumBody: maximumBody)
  }

  /// Method, path and header fields.
  public var head: HTTPRequest { content.head }
  /// The beginning of the body, or all of it.
  public var body: [UInt8] { content.body }
  /// The size of the whole body in bytes.
  public var bodySize: Int { content.bodySize }
  /// The sender's IP address, if known.
  public var remoteAddress: String? { content.remoteAddress }
  /// Whether ``body`` is the whole body.
  public var isComplete: Bool { body.count == bodySize }

  /// The approximate memory in bytes.
  var size: Int { content.size }

  /// Compares head, body and address.
  public static func == (left: JournalRequest, right: JournalRequest) -> Bool {
    left.content === right.content
      || left.head == right.head && left.body == right.body && left.bodySize == right.bodySize
        && left.remoteAddress == right.remoteAddress
  }

  /// Hashes head and body.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(head)
    hasher.combine(body)
  }
}

extension JournalRequest: SafelyDescribed {
  /// The method and the size of the body.
  public var description: String { "JournalRequest(\(head.method.rawValue), \(bodySize) bytes)" }
}
