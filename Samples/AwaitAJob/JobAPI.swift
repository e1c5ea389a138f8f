import Foundation
import HTTPTypes
import Smooven

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A local fake of SmartlyQ, which does the job, signs the webhook with the job's secret, and posts it.
struct JobAPI {
  func start(type: String, topic: String, webhookURL: String, webhookSecret: Secret) async throws {
    var data: [String: Any] = ["job_id": "job_\(UUID().uuidString)", "type": type]
    if topic.hasPrefix("an impossible") {
      data["status"] = "failed"
      data["error"] = "nothing is known about it"
    } else {
      data["status"] = "completed"
      data["result"] = ["title": "All about \(topic)"]
    }
    let event: [String: Any] = [
      "id": "evt_\(UUID().uuidString)",
      "event": "job.\(data["status"] ?? "")",
      "created_at": Date().ISO8601Format(),
      "data": data,
    ]
    try await post(try JSONSerialization.data(withJSONObject: event), to: webhookURL, secret: webhookSecret)
  }

  private func post(_ body: Data, to url: String, secret: Secret) async throws {
    guard let url = URL(string: url) else { return }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = body
    let smartlyQ = try SmartlyQCallbackProvider(secrets: [secret])
    for field in smartlyQ.sign(Array(body), id: UUID().uuidString, at: Date()) {
      request.setValue(field.value, forHTTPHeaderField: field.name.canonicalName)
    }
    let (_, response) = try await URLSession.shared.data(for: request)
    print("  webhook answered with \((response as? HTTPURLResponse)?.statusCode ?? 0)")
  }
}
