internal import Foundation
internal import HTTPTypes
internal import Smooven

/// Smooven, as one client reaches it.
///
/// It accepts, refuses, is busy, or loses its response.
struct SimulatedService: SmoovenTransport {
  enum Reply: CaseIterable {
    case accepted, acceptedLate, acceptedLost, lost, broken, refused, busy, unavailable, unauthorized

    /// Whether the client must assume that the notification may have been sent.
    var mayBeCarriedOut: Bool {
      switch self {
      case .accepted, .acceptedLate, .acceptedLost, .lost, .broken: true
      case .refused, .busy, .unavailable, .unauthorized: false
      }
    }

    var isCarriedOut: Bool { self == .accepted || self == .acceptedLate || self == .acceptedLost }
  }

  let client: Int
  let world: SimulatedWorld

  func send(_ request: TransportRequest) async throws -> TransportResponse {
    try await world.pause(client)
    guard request.head.method == .post else { return try world.status(request.head.path ?? "") }
    if world.chance(0.08) { throw TransportError(.notSent, "refused") }
    try await request.willSend?()
    try await world.pause(client)
    guard let body = try? JSONValue(parsing: request.body) else {
      throw TransportError(.noResponse, "no JSON")
    }
    let (reply, id) = world.post(body, by: client)
    if world.chance(0.5) || reply == .acceptedLate {
      try await world.clock.sleep(for: world.duration(upTo: .seconds(3)))
    }
    try await world.pause(client)
    switch reply {
    case .accepted, .acceptedLate:
      return response(200, ["success": true, "notification_id": .string(id), "status": "queued"])
    case .acceptedLost, .lost:
      if world.chance(0.3) { try await world.clock.sleep(for: request.timeout) }
      throw TransportError(.noResponse, "lost")
    case .broken: return response(500, ["success": false])
    case .refused: return response(422, error("invalid_recipient"))
    case .busy: return response(429, error("rate_limited"), retryAfter: 2)
    case .unavailable: return response(503, error("unavailable"), retryAfter: 1)
    case .unauthorized: return response(401, error("unauthorized"))
    }
  }

  private func error(_ code: String) -> JSONValue {
    ["success": false, "error": ["code": .string(code), "message": "simulated"]]
  }
}

/// Returns a response of Smooven.
func response(_ status: Int, _ body: JSONValue, retryAfter: Int? = nil) -> TransportResponse {
  var head = HTTPResponse(status: .init(code: status))
  if let retryAfter { head.headerFields[.retryAfter] = "\(retryAfter)" }
  return TransportResponse(head: head, body: (try? JSONEncoder().encode(body)).map(Array.init) ?? [])
}
