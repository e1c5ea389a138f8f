import HTTPTypes
import SmoovenHTTP
import Synchronization

/// A balancer that sends each request to the next of several servers, and if that doesn't respond, to the one after it.
final class RoundRobin: AsyncHTTPServerHandler {
  private let state: Mutex<(servers: [String], next: Int, counts: [Int])>

  init(_ servers: [String]) {
    state = Mutex((servers, 0, servers.map { _ in 0 }))
  }

  /// The number of requests that each server responded to.
  var counts: [Int] { state.withLock { $0.counts } }

  func reply(to request: HTTPServerRequest) async -> HTTPServerReply {
    let (servers, first) = state.withLock { state in
      defer { state.next += 1 }
      return (state.servers, state.next)
    }
    var headers: [String: String] = [:]
    for field in request.head.headerFields where field.name != .contentLength {
      headers[field.name.rawName] = field.value
    }
    for offset in servers.indices {
      let index = (first + offset) % servers.count
      // A server that is stopped still accepts connections.
      guard
        let answer = try? await Requests.send(
          request.head.method.rawValue,
          servers[index] + (request.head.path ?? "/"),
          headers: headers,
          body: request.body,
          timeoutSeconds: 2
        )
      else { continue }
      state.withLock { $0.counts[index] += 1 }
      var head = HTTPResponse(status: .init(code: answer.status))
      for name in [HTTPField.Name.contentType, .location, .retryAfter] {
        head.headerFields[name] = answer.headers[name.canonicalName]
      }
      return .response(HTTPServerResponse(head: head, body: answer.body))
    }
    return .response(HTTPServerResponse(head: HTTPResponse(status: .badGateway)))
  }
}
