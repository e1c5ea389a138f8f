internal import HTTPTypes
internal import Smooven

internal import struct Foundation.Date

/// Sends captured requests again, one at a time.
struct Replayer: Sendable {
  let target: TargetURL
  /// The token at the end of the URL of providers that don't sign.
  let token: String?
  let edit: ReplayEdit
  let transport: HTTPClientTransport

  /// Sends a request, and compares the response.
  ///
  /// - Throws: `CancellationError` if cancelled, and an error if it can't be signed.
  func send(_ line: Capture.Line, isDuplicate: Bool) async throws -> ReplayResult {
    let exchange = line.exchange
    let (fields, body) = try edit.apply(to: exchange)
    var head = target.post(path: target.isRoot ? path(of: exchange) : nil, fields)
    head.method = HTTPRequest.Method(exchange.method) ?? .post
    var (after, failure): (Int?, String?) = (nil, nil)
    do {
      let request = TransportRequest(head: head, body: body, timeout: .seconds(30))
      after = try await transport.send(request).head.status.code
    } catch let error as CancellationError {
      throw error
    } catch {
      failure = "\(error)"
    }
    let summary = exchange.summary
    var result = ReplayResult(
      line: line.number,
      event: summary.event,
      id: summary.id,
      before: exchange.answer.status,
      after: after,
      error: failure,
      fault: isDuplicate ? "duplicate" : nil
    )
    if !result.isSame { result.advice = advice(exchange, fields, body, after) }
    return result
  }

  /// The path at a server that was given without one: that of the capture, with the token that is given now.
  private func path(of exchange: CapturedExchange) -> String {
    let parts = exchange.target.prefix { $0 != "?" }.split(separator: "/").compactMap { part in
      if part != RequestRedaction.placeholder { return String(part) }
      // A token that was wrong is to be wrong again.
      if exchange.answer.reason == "unauthenticated" { return nil }
      return exchange.knownProvider?.isSigned == false ? token : nil
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Returns the likely reason for another response, as far as the request tells.
  private func advice(
    _ exchange: CapturedExchange,
    _ fields: HTTPFields,
    _ body: [UInt8],
    _ after: Int?
  ) -> String? {
    if exchange.redacted?.contains(.body) == true {
      return "its body held a secret, which the capture doesn't have"
    }
    switch after {
    case 401:
      if exchange.redacted != nil, !isSignedAgain(exchange) {
        return
          "its recipients aren't in the capture (--redact people), so its signature can't match: add --resign"
      }
      if exchange.knownProvider?.isSigned == false {
        return "its token is not in the capture: add --token, or the whole URL"
      }
      guard let age = age(exchange, fields, body), abs(age) > 300 else {
        return "the receiver has another secret: add --resign with its secret"
      }
      return edit.secrets != nil && edit.shift != nil
        ? nil : "it was signed \(Int(age)) s ago, which may be too old: add --resign --shift-time"
    case 404: return "no endpoint has its path there"
    default: return nil
    }
  }

  /// Indicates whether it gets a new signature, or none is checked.
  private func isSignedAgain(_ exchange: CapturedExchange) -> Bool {
    guard exchange.endpoint != nil, exchange.knownProvider?.isSigned != false else { return true }
    return exchange.knownProvider.flatMap { edit.secrets?[$0] } != nil
  }

  /// The seconds since it was signed.
  private func age(_ exchange: CapturedExchange, _ fields: HTTPFields, _ body: [UInt8]) -> Double? {
    var request = exchange.request
    (request.head.headerFields, request.body) = (fields, body)
    guard let provider = exchange.provider else { return nil }
    let signing = provider as? any SigningCallbackProvider
    let signedAt = signing?.signature.signedTime(of: request) ?? (try? provider.decode(request))?.signedAt
    return signedAt.map { Date().timeIntervalSince($0) }
  }
}
