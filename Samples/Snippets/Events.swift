import Smooven

func watch(_ smooven: SmoovenClient) async throws {
  let handle = try await smooven.notify(
    intent: "Ask Sarah to confirm her appointment",
    context: .init(userID: "sarah@example.com")
  )
  print("accepted as \(handle.id ?? "an id that is not known yet")")

  // Every callback of this notification, from the first one on. Break when you have seen enough.
  for await event in handle.events {
    print(event.name, event.channel?.rawValue ?? "-")
    if event.kind == .clicked || event.kind == .failed { break }
  }
}

func waitForMore(_ handle: NotificationHandle) async throws {
  let opened = try await handle.outcome(timeout: .seconds(3_600), until: .opened)
  print("opened: \(opened.isDelivered)")

  let onPush = try await handle.outcome(
    timeout: .seconds(60),
    until: .matching { $0.kind == .delivered && $0.channel == .push }
  )
  print("on the phone: \(onPush.isDelivered)")
}

func collectLateCallbacks(_ smooven: SmoovenClient) async {
  for await event in smooven.receiver.unmatchedEvents() {
    print("no wait for \(event.correlationIDs.first ?? "-"): \(event.name)")
  }
}
