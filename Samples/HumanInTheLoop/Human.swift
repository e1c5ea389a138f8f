import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A fake of Smobi and of the person at the other end, which posts the webhooks that Smobi would.
struct Human {
  /// The person's reaction to a question.
  enum Habit { case clicks, writes, ignores }

  let number = "15552223333"
  let statusURL: String
  let inboundURL: String

  /// Receives a question, and reacts to it or doesn't.
  func receive(reference: String, _ habit: Habit) async throws {
    try await post(
      ["status": "DELIVERED", "clientRef": reference, "to": number, "from": "Our-Agent"],
      to: statusURL
    )
    var reply: [String: Any] = ["clientRef": reference, "from": number, "to": "Our-Agent", "channel": "RCS"]
    switch habit {
    case .clicks: reply["rcs"] = ["text": "Yes, pay", "postbackData": "approve"]
    case .writes: reply["rcs"] = ["text": "Not before Friday"]
    case .ignores: return
    }
    try await post(reply, to: inboundURL)
  }

  private func post(_ fields: [String: Any], to url: String) async throws {
    var fields = fields
    fields["smobiMessageId"] = UUID().uuidString
    fields["timestamp"] = Date().ISO8601Format()
    guard let url = URL(string: url) else { return }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = try JSONSerialization.data(withJSONObject: fields)
    let (_, response) = try await URLSession.shared.data(for: request)
    print("  webhook answered with \((response as? HTTPURLResponse)?.statusCode ?? 0)")
  }
}
