import Foundation
import HTTPTypes
import Measuring
import Smooven

/// The cost of a journal for each callback that a receiver accepts, and for each request that it refuses.
///
/// Compare it with the time of a whole callback in `ingest`.
@main
struct JournalCost {
  static let secret: Secret = "sk_live_0123456789abcdef"
  /// As many as a journal keeps, so that after the first turn each callback removes another one.
  static let count = 10_000
  static let turns = 3

  static func main() async throws {
    let accepted = try requests(isForged: false)
    let refused = try requests(isForged: true)
    let cases: [(String, [CallbackRequest], DeliveryJournal?)] = [
      ("accepted, no journal", accepted, nil),
      ("accepted, DeliveryJournal", accepted, DeliveryJournal()),
      (
        "accepted, DeliveryJournal, keeps requests", accepted,
        DeliveryJournal(maximumBytes: 64 << 20, keepsRequests: true)
      ),
      ("refused, no journal", refused, nil),
      ("refused, DeliveryJournal", refused, DeliveryJournal()),
    ]
    var numbers: [String: Double] = [:]
    for turn in 0..<turns {
      for (name, requests, journal) in cases {
        let cost = try await cost(of: requests, journal)
        // The first turn fills the journals.
        if turn > 0 { numbers[name] = min(numbers[name] ?? .infinity, cost) }
      }
    }
    report(numbers)
  }

  private static func cost(of requests: [CallbackRequest], _ journal: DeliveryJournal?) async throws -> Double
  {
    // Another one each time, so that no callback is a duplicate.
    let receiver = try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(secret))],
      store: InMemoryDeliveryStore(unclaimedEvents: 0),
      limits: DeliveryLimits(earlyEvents: .never),
      journal: journal
    )
    let start = nanoseconds()
    for request in requests { _ = await receiver.receive(request) }
    return Double(nanoseconds() - start) / Double(requests.count)
  }

  private static func requests(isForged: Bool) throws -> [CallbackRequest] {
    let now = Date().formatted(.iso8601)
    let provider = try SmoovenCallbackProvider(secrets: [secret])
    return (0..<count).map { number in
      let text =
        #"{"event":"notification.delivered","notification_id":"ntf_\#(number)","channel_used":"sms","#
        + #""status":"delivered","timestamp":"\#(now)","recipient":{"user_id":"sarah@example.com","#
        + #""channel_address":"+61400000000"},"metadata":{"intent":"Remind Sarah about her appointment","#
        + #""urgency":"normal"}}"#
      var body = Array(text.utf8)
      var head = HTTPRequest(
        method: .post,
        scheme: "http",
        authority: "localhost",
        path: "/callbacks/smooven"
      )
      head.headerFields = provider.sign(body, id: "", at: Date())
      head.headerFields[.contentType] = "application/json"
      if isForged { body.append(0x20) }
      return CallbackRequest(head: head, body: body)
    }
  }
}
