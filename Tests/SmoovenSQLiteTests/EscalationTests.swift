#if SQLiteSupport
import Smooven
import SmoovenSQLite
import SmoovenTesting
import TestSupport
import Testing

@Suite("SQLite: an escalation after a restart", .timeLimit(.minutes(1)))
struct EscalationTests {
  @Test(
    "While the first step waits for its hours, a restart changes neither the deadline nor the times of the steps"
  )
  func held() async throws {
    let folder = try TemporaryFolder()
    let scene = EscalationScene(EscalationScene.held)
    let first = try await SQLiteDeliveryStore(path: folder.file())
    let result = try await scene.restartedWhileHeld(first) {
      await first.close()
      return try await SQLiteDeliveryStore(path: folder.file())
    }
    #expect(result.outcome.hasTimedOut)
    #expect(scene.sent == [.init("sarah", 60), .init("bob", 70)])
    #expect(scene.minute == 120)
  }
}
#endif
