import Smooven

func tellApart(_ smooven: SmoovenClient) async throws {
  do {
    let outcome = try await smooven.sendAndWait(
      intent: "Remind Sarah about her appointment",
      context: .init(userID: "sarah@example.com"),
      timeout: .seconds(30)
    )
    // Smooven has the notification, or it isn't known whether it has. The outcome says which.
    print(outcome.isDelivered)
  } catch let error as SmoovenError where error.isRetryable {
    // Nothing was sent, and the same call may succeed later.
    print("later: \(error)")
  } catch let error as SmoovenError where error.code == .rejected {
    // Nothing was sent, and the same call would be refused again.
    print("refused: \(error.apiCode ?? "no code")")
  }
}
