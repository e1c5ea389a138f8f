import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends the callbacks of a notification.
final class Caller: Sendable {
  let timestamp = Date().formatted(.iso8601)
  private let client: HTTPClient
  private let events: [String]
  private let key = SymmetricKey(
    data: Data((ProcessInfo.processInfo.environment["SMOOVEN_SECRET_KEY"] ?? "").utf8)
  )
  private let count = Atomic<Int>(0)

  init(client: HTTPClient, events: [String]) {
    self.client = client
    self.events = events
  }

  /// Returns an id of a notification, as long as Smooven's.
  func nextID() -> String {
    let digits = String(count.add(1, ordering: .relaxed).newValue)
    return "ntf_" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Calls back once for each event, one at a time, each after the response to the previous one.
  func call(_ url: String, about id: String) {
    Task {
      do {
        for event in events { try await post(body(event, id), to: url) }
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
      }
    }
  }

  private func post(_ body: String, to url: String) async throws {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "x-smooven-signature", value: sign(body))
    request.body = .bytes(ByteBuffer(string: body))
    let response = try await client.execute(request, timeout: .seconds(10))
    for try await _ in response.body {}
  }

  private func sign(_ body: String) -> String {
    HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func body(_ event: String, _ id: String) -> String {
    #"{"event":"notification.\#(event)","notification_id":"\#(id)","channel_used":"sms","status":"\#(event)","#
      + #""timestamp":"\#(timestamp)","recipient":{"user_id":"sarah@example.com","channel_address":"+61400000000"},"#
      + #""metadata":{"intent":"Remind Sarah about her appointment","urgency":"normal"}}"#
  }
}
