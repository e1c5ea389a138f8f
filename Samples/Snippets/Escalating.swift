import Smooven

/// Pages the engineers on call until one of them says that they have it.
func page(_ incident: String, _ smooven: SmoovenClient) async throws -> EscalationResult {
  let question = Question("The database is down. Can you take it?", options: ["I have it", "I can't"])
  let policy = EscalationPolicy(
    [
      .notify(.ask(question, .user("sarah@example.com")), advanceAfter: .seconds(60), until: .answered),
      .together(
        [.ask(question, .sms("+61400000000")), .ask(question, .email("sarah@example.com"))],
        advanceAfter: .seconds(120),
        until: .answered
      ),
      .notify(
        .ask(question, .user("bob@example.com")),
        advanceAfter: .seconds(300),
        until: .answered,
        during: EscalationHours(from: "07:00", to: "23:00", timeZone: "Australia/Sydney", otherwise: .skip)
      ),
    ],
    deadline: .seconds(900),
    onSettled: "Someone else has it."
  )
  return try await smooven.escalate(policy, idempotencyKey: incident)
}

/// Ends with a step that calls another API, which calls back.
func pageAndCall(
  _ incident: String,
  _ smooven: SmoovenClient,
  call: @escaping @Sendable (_ key: String) async throws -> DeliveryOutcome
) async throws -> EscalationResult {
  let policy = EscalationPolicy(
    [
      .notify(.user("sarah@example.com", "The database is down"), advanceAfter: .seconds(60), until: .opened),
      .run("call the duty phone", advanceAfter: .seconds(300)),
    ],
    deadline: .seconds(600)
  )
  return try await smooven.escalate(
    policy.repeated(2),
    idempotencyKey: incident,
    runs: ["call the duty phone": { context in try await call(context.idempotencyKey) }]
  )
}
