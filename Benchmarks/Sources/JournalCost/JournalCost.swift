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
  static let count = 20_000
  static let turns = 7

  static func main() async throws {
    var numbers: [String: Double] = [:]
    for _ in 0..<turns {
      for (name, isForged, journal) in [
        ("accepted", false, nil), ("accepted, journal", false, DeliveryJournal()),
        ("accepted, journal with requests", false, DeliveryJournal(keepsRequests: true)),
        ("refused", true, nil),
        ("refused, journal", true, DeliveryJournal()),
      ] as [(String, Bool, DeliveryJournal?)] {
        let receiver = try CallbackReceiver(
          endpoints: [CallbackEndpoint(.smooven(secret))],
          store: InMemoryDeliveryStore(unclaimedEvents: 0),
          limits: DeliveryLimits(earlyEvents: .never),
          journal: journal
        )
        // So many that the ring is full, and each callback removes another one.
        let requests = try requests(isForged: isForged)
        let start = nanoseconds()
        for request in requests { _ = await receiver.receive(request) }
        let cost = Double(nanoseconds() - start) / Double(requests.count)
        numbers[name] = min(numbers[name] ?? .infinity, cost)
      }
    }
    report(numbers)
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
