internal import Foundation
internal import HTTPTypes
internal import Smooven
internal import SmoovenHTTP
internal import SmoovenSupport

/// A request that arrived and the response to it, as a line of a capture.
struct CapturedExchange: Codable, Sendable, Equatable {
  /// The response, and the result of the request.
  struct Answer: Codable, Sendable, Equatable {
    var status: Int
    /// The disposition of an accepted event.
    var disposition: String?
    /// The reason of a refusal.
    var reason: String?
  }

  /// The data that was removed from a body.
  enum Redacted: String, Codable {
    /// A secret.
    case body
    /// The recipients, or all of a body in which they can't be found.
    case people
  }

  static let currentVersion = 1

  var v = CapturedExchange.currentVersion
  var at: String
  var method: String
  var target: String
  /// Names and values, in order.
  var headers: [[String]]
  /// The body, if it is UTF-8.
  var body: String?
  /// The body, if it isn't.
  var bodyBase64: String?
  /// The data that is missing from the body, so that the signature doesn't match, or `nil` if it does.
  var redacted: [Redacted]?
  var answer: Answer

  private enum CodingKeys: String, CodingKey {
    case v, at, method, target, headers, body
    case bodyBase64 = "body_base64"
    case redacted, answer
  }

  /// The body's bytes.
  var bytes: [UInt8] {
    if let body { return Array(body.utf8) }
    return bodyBase64.flatMap { Data(base64Encoded: $0) }.map { Array($0) } ?? []
  }

  /// The header fields.
  var headerFields: HTTPFields {
    var fields = HTTPFields()
    for pair in headers where pair.count == 2 {
      if let name = HTTPField.Name(pair[0]) { fields.append(HTTPField(name: name, value: pair[1])) }
    }
    return fields
  }

  /// The request.
  var request: CallbackRequest {
    let head = HTTPRequest(
      method: HTTPRequest.Method(method) ?? .post,
      scheme: nil,
      authority: nil,
      path: target,
      headerFields: headerFields
    )
    return CallbackRequest(head: head, body: bytes)
  }

  /// The name of the endpoint in its path: the part behind `callbacks`.
  var endpoint: String? {
    let parts = target.prefix { $0 != "?" }.split(separator: "/")
    return parts.lastIndex(of: "callbacks").flatMap { index in
      index + 1 < parts.count ? String(parts[index + 1]) : nil
    }
  }
}

extension CapturedExchange {
  /// Captures a request without what authenticates it.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - note: What became of it.
  ///   - needles: The spellings of what must not appear anywhere.
  ///   - hidesPeople: Whether recipients are shortened, as the dashboard does.
  ///   - date: When it arrived.
  init(
    _ request: HTTPServerRequest,
    _ note: CallbackNote,
    hiding needles: [[UInt8]],
    hidesPeople: Bool,
    at date: Date
  ) {
    let head = RequestRedaction.head(request.head)
    let mask =
      hidesPeople ? RecipientMask(body: request.body, recipients: note.events.compactMap(\.recipient)) : nil
    let hide = { (text: String) in
      let bytes = needles.reduce(Array(text.utf8)) {
        $0.replacing($1, with: RequestRedaction.placeholder.utf8)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let show = { (text: String) in hide(mask?.text(text) ?? text) }
    at = RFC3339.format(date)
    method = head.method.rawValue
    target = show(head.path ?? "/")
    headers =
      (head.authority.map { [["Host", hide($0)]] } ?? [])
      + head.headerFields.map { [$0.name.rawName, show($0.value)] }
    var missing: [Redacted] = []
    if let text = mask.map({ $0.body ?? "" }) ?? String(validating: request.body, as: UTF8.self) {
      if Array(text.utf8) != request.body { missing.append(.people) }
      let clean = hide(text)
      if clean != text { missing.append(.body) }
      body = clean
    } else {
      // Bytes that aren't text can still contain one.
      let isClean = !needles.contains { !request.body.ranges(of: $0).isEmpty }
      bodyBase64 = isClean ? Data(request.body).base64EncodedString() : ""
      if !isClean { missing.append(.body) }
    }
    redacted = missing.isEmpty ? nil : missing
    switch note.result {
    case .accepted(let disposition): answer = Answer(status: note.status, disposition: disposition.rawValue)
    case .challenge: answer = Answer(status: note.status, disposition: "challenge")
    case .refused(let reason, _): answer = Answer(status: note.status, reason: reason)
    }
  }

  /// Returns the bytes of secrets, also as some programs write a slash in JSON.
  static func spellings(of secrets: [Secret]) -> [[UInt8]] {
    secrets.map(\.exposedText).filter { !$0.isEmpty }
      .flatMap { Set([$0, $0.replacing("/", with: "\\/")]) }
      .map { Array($0.utf8) }
  }
}
