import Smooven

/// An agent that reminds people of their appointments, and follows up until it knows the outcome.
struct ReminderAgent: Sendable {
  /// The person to remind.
  struct Person: Sendable {
    var name: String
    var userID: String
    var email: String
  }

  /// The result of a reminder.
  enum Result: Sendable, Equatable {
    case reached(NotificationChannel?)
    case unreachable
  }

  let smooven: SmoovenClient
  /// The time to wait for each notification.
  var patience: Duration = .seconds(30)
  /// Where to report what happens.
  var log: @Sendable (String) -> Void = { _ in }

  /// Reminds a person: first by intent, more urgently if nothing is heard, and by email if the channel fails.
  func remind(_ person: Person, of appointment: String) async throws -> Result {
    for urgency in [Urgency.normal, .high, .critical] {
      log("notify \(person.name), urgency \(urgency)")
      let outcome = try await smooven.sendAndWait(
        intent: "Remind \(person.name) about \(appointment)",
        urgency: urgency,
        context: .init(userID: person.userID, ["appointment": .string(appointment)]),
        timeout: patience
      )
      switch outcome {
      case .delivered(let event):
        log("delivered by \(event.channel?.rawValue ?? "an unknown channel")")
        return .reached(event.channel)
      case .failed(let event):
        log("failed: \(event.failure?.reason ?? "no reason given"); try email")
        return try await email(person, about: appointment)
      case .timedOut(let lastKnown, _):
        log("nothing heard in time, last known: \(lastKnown)")
      }
    }
    log("no answer to the most urgent notification; a colleague must call")
    return .unreachable
  }

  /// Sends directly on one channel.
  private func email(_ person: Person, about appointment: String) async throws -> Result {
    let request = NotifyRequest(
      channel: .email,
      to: person.email,
      email: EmailOptions(subject: "Your appointment", html: "<p>Please remember \(appointment).</p>")
    )
    let outcome = try await smooven.sendAndWait(request, timeout: patience)
    log(outcome.isDelivered ? "delivered by email" : "email did not arrive either")
    return outcome.isDelivered ? .reached(.email) : .unreachable
  }
}
