import Smooven

/// Waits, and says why if time runs out.
func remindAndExplain(secretKey: Secret) async throws -> DeliveryOutcome {
  let configuration = SmoovenConfiguration(
    secretKey: secretKey,
    listener: .init(port: 8080, publicURL: "https://agent.example.com")
  )
  return try await withSmoovenClient(configuration: configuration, journal: DeliveryJournal()) { smooven in
    let handle = try await smooven.notify(intent: "Remind Sarah", context: .init(userID: "sarah@example.com"))
    let outcome = try await handle.outcome(timeout: .seconds(30))
    if case .timedOut = outcome { print(try await smooven.explain(handle)) }
    return outcome
  }
}

/// Prints each refused request, as it's refused.
func watchRefusals(_ journal: DeliveryJournal) async {
  for await page in journal.pages(after: journal.newest) {
    for entry in page.entries {
      if case .rejected(let rejection) = entry.kind { print(entry.at, rejection) }
    }
    if page.missed > 0 { print("\(page.missed) entries were missed") }
  }
}
