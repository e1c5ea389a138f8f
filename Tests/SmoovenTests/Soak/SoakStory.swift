import Smooven
import SmoovenTesting
import Testing

/// What happens to a notification of the soak test.
enum SoakStory: String, CaseIterable, Sendable {
  case delivered, duplicate, failed, forged, silent, late, refused

  /// Sends the callbacks of the story.
  func callBack(_ id: String, _ sender: GoodSender, _ path: String) async throws {
    switch self {
    case .delivered:
      for event in ["queued", "sent", "delivered", "opened"] {
        try await expect(200, sender, id, event, path)
      }
    case .duplicate:
      let fixture = SmoovenCallbackFixture(
        "notification.delivered",
        notificationID: id,
        timestamp: sender.now()
      )
      let request = fixture.request(to: path, secret: testKey)
      for _ in 0..<3 {
        let status = try await sender.send(request)
        #expect(status == 200)
      }
    case .failed:
      try await expect(200, sender, id, "failed", path)
    case .forged:
      try await expect(401, sender, id, "delivered", path, secret: "sk_test_of_somebody_else")
    case .silent, .refused: break
    case .late:
      // Sent to the default URL, as after a restart, because the waiter may be gone by then.
      try await expect(200, sender, id, "sent", path)
      try await expect(200, sender, "\(id)_unknown", "delivered", "/callbacks/smooven")
    }
  }

  private func expect(
    _ expected: Int,
    _ sender: GoodSender,
    _ id: String,
    _ event: String,
    _ path: String,
    secret: Secret = testKey
  ) async throws {
    let status = try await sender.callBack(id, event: "notification.\(event)", to: path, secret: secret)
    #expect(status == expected, "\(rawValue)")
  }
}
