import Smooven
import SmoovenTesting
import TestSupport
import Testing

// A callback that another system triggers.
extension ExplainTests {
  private static let publicURL = "http://127.0.0.1:8080"

  private func mounted<Result: Sendable>(
    _ body: @escaping (ExplanationScene) async throws -> Result
  ) async throws -> Result {
    try await Scene.run(configure: { $0.listener = .mounted(publicURL: Self.publicURL) }, body)
  }

  /// Expects a callback of a provider.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - timeout: The time to wait.
  ///   - body: What happens while it's waited for.
  /// - Returns: The explanation after the wait.
  /// - Throws: Any error that the body throws.
  private func explanation(
    _ provider: any CallbackProvider,
    timeout: Duration = .seconds(60),
    _ body: @escaping @Sendable (ExplanationScene, _ url: String) async throws -> Void
  ) async throws -> DeliveryExplanation {
    try await mounted { scene in
      let outcome = try await scene.client.receiver.expect(
        provider,
        publicURL: Self.publicURL,
        timeout: timeout
      ) { try await body(scene, $0.callbackURL) }
      #expect(outcome.isDelivered == (timeout > .seconds(1)))
      return try await scene.explanationOfFirst()
    }
  }

  @Test("An expected callback is waited for, and its absence isn't that of a send")
  func expected() async throws {
    let found = try await explanation(.smooven(testKey)) { scene, url in
      // The URL is on loopback, where the other system may be too.
      let waiting = try await scene.explanationOfFirst()
      expect(waiting, ["expected", "no_request"])
      #expect(
        waiting.why.message == """
          It waits for a callback of smooven that something else triggers: the system that was given its URL. None has \
          arrived.
          """
      )
      #expect(waiting.timeline.map(\.detail) == ["expects smooven"])
      #expect(await scene.receive(scene.callback(to: url).forged()) == 401)
      expect(try await scene.explanationOfFirst(), ["expected", "refused_signature"])
      #expect(await scene.receive(scene.callback(to: url)) == 200)
    }
    expect(found, ["arrived"], .arrived)
    #expect(
      found.timeline.map(\.name) == ["opened", "callback refused", "notification.delivered", "settled"]
    )
  }

  @Test("What was refused at another system's endpoint isn't blamed, nor after the wait")
  func expectedElsewhere() async throws {
    let found = try await explanation(.smobi(), timeout: .milliseconds(1)) { _, _ in }
    expect(found, ["expected", "no_request"])
    #expect(found.why.message.hasPrefix("It waited for a callback of smobi"))
    #expect("\(found)".contains(" → timed out after "))
    try await mounted { scene in
      let task = Task {
        try await scene.client.receiver.expect(.smobi(), publicURL: Self.publicURL, timeout: .seconds(60)) {
          _ in
          #expect(await scene.receive(scene.callback(to: "/callbacks/smooven").forged()) == 401)
          expect(try await scene.explanationOfFirst(), ["expected"])
          throw CancellationError()
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}

extension ExplanationScene {
  /// The explanation of what the journal's first entry is about.
  fileprivate func explanationOfFirst() async throws -> DeliveryExplanation {
    let handle = try #require(journal.entries().entries.first?.handle)
    return try await client.explain(handle)
  }
}
