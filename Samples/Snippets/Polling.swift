import Smooven

/// Sends from a machine that nothing can reach, and gets the outcome by asking for the status.
func remindSarahFromALaptop(secretKey: Secret) async throws -> DeliveryOutcome {
  let configuration = SmoovenConfiguration(secretKey: secretKey, tracking: .polling())
  return try await withSmoovenClient(configuration: configuration) { smooven in
    try await smooven.sendAndWait(
      intent: "Remind Sarah about her appointment",
      context: .init(userID: "sarah@example.com"),
      timeout: .seconds(60)
    )
  }
}

/// Uses callbacks, and asks for the status in case one is lost, with at most five queries a second.
func careful(secretKey: Secret) -> SmoovenConfiguration {
  SmoovenConfiguration(
    secretKey: secretKey,
    listener: .init(port: 8080, publicURL: "https://agent.example.com"),
    tracking: .both(PollingPolicy(maximumRequestsPerSecond: 5))
  )
}

/// Sends to several people, and continues with the first one who is reached.
func reachAnyone(of people: [String], _ smooven: SmoovenClient) async throws -> String? {
  var handles: [NotificationHandle] = []
  for person in people {
    handles.append(try await smooven.notify(intent: "The build is broken", context: .init(userID: person)))
  }
  let first = try await smooven.first(of: handles, until: .opened, timeout: .seconds(300))
  return first.outcome.isDelivered ? people[first.index] : nil
}
