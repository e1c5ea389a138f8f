import Smooven

func sendText(_ smooven: SmoovenClient) async throws -> DeliveryOutcome {
  let request = NotifyRequest(
    channel: .sms,
    to: "+61400000000",
    message: "Your appointment is tomorrow at 9:30.",
    senderID: "Clinic",
    fallback: true
  )
  return try await smooven.sendAndWait(request, timeout: .seconds(30))
}

func sendWithoutWaiting(_ smooven: SmoovenClient) async throws -> String? {
  let handle = try await smooven.notify(
    intent: "Tell Sarah that the results are in",
    urgency: .low,
    context: .init(userID: "sarah@example.com")
  )
  return handle.id
}

func queryStatus(of notificationID: String, _ smooven: SmoovenClient) async throws {
  let status = try await smooven.status(of: notificationID)
  print(status.status, status.channelUsed?.rawValue ?? "-")
  for attempt in status.fallbackChain {
    print(attempt.channel, attempt.status, attempt.reason ?? "")
  }
}

func registerSarah(_ smooven: SmoovenClient) async throws {
  let player = try await smooven.registerPlayer(
    PlayerRegistration(
      externalID: "sarah@example.com",
      sms: "+61400000000",
      email: "sarah@example.com",
      tags: ["patient"],
      preferredChannel: .sms,
      quietHours: .init(start: "22:00", end: "07:00", timezone: "Australia/Sydney")
    )
  )
  print(player.playerID)
}
