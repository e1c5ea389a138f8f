#if SQLiteSupport
import Smooven
import SmoovenSQLite

func durableClient(secretKey: Secret, path: String) async throws {
  let store = try await SQLiteDeliveryStore(path: path)
  let configuration = SmoovenConfiguration(
    secretKey: secretKey,
    listener: .init(port: 8080, publicURL: "https://agent.example.com")
  )
  try await withSmoovenClient(configuration: configuration, store: store) { smooven in
    _ = try await smooven.sendAndWait(
      intent: "Page the engineer on call",
      urgency: .critical,
      context: .init(userID: "sarah@example.com"),
      timeout: .seconds(120)
    )
  }
  await store.close()
}

func work(on store: SQLiteDeliveryStore) async throws {
  try await store.forEachEvent(named: "billing") { stored in
    print(stored.cursor, stored.event.name)
  }
}
#endif
