import Smooven

func remindSarah(secretKey: Secret) async throws {
  let configuration = SmoovenConfiguration(
    secretKey: secretKey,
    listener: .init(port: 8080, publicURL: "https://agent.example.com")
  )
  let outcome = try await withSmoovenClient(configuration: configuration) { smooven in
    try await smooven.sendAndWait(
      intent: "Remind Sarah about her appointment",
      urgency: .high,
      context: .init(userID: "sarah@example.com", ["appointment_id": "apt_123"]),
      timeout: .seconds(30)
    )
  }
  switch outcome {
  case .delivered(let event): print("arrived by \(event.channel?.rawValue ?? "-")")
  case .failed(let event): print("failed: \(event.failure?.reason ?? "no reason given")")
  case .timedOut(let lastKnown, _): print("not known yet; last known: \(lastKnown)")
  }
}
