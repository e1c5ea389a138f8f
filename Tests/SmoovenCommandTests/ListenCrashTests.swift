#if SQLiteSupport
import Foundation
import Smooven
import SmoovenCallbacks
import SmoovenSQLite
import SmoovenTesting
import SmoovenSupport
import Testing

/// `smooven listen --store`, killed over and over under a stream of callbacks.
@Suite("smooven listen after a crash", .throttled, .timeLimit(.minutes(10)))
struct ListenCrashTests {
  private struct Acknowledged: Sendable {
    var ids: [String] = []
    var offered = 0
  }

  @Test("Every callback that got a 200 is in the store exactly once, after 50 kills")
  func acknowledgedIsStored() async throws {
    let file = TemporaryFile()
    var random = SystemRandomNumberGenerator()
    let acknowledged = Watched(Acknowledged())
    for _ in 0..<50 {
      // At a random moment while several connections are at work, after a number of responses.
      let limit = acknowledged.read { $0.ids.count } + Int.random(in: 0..<40, using: &random)
      try await Listening.with(["--secret", "smooven=\(Listening.key)", "--store", "sqlite:\(file.path)"]) {
        listener in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<4 {
            group.addTask {
              while !Task.isCancelled {
                let number = acknowledged.update { state in
                  state.offered += 1
                  return state.offered
                }
                // No other test has these ids, one of whose senders may still call a port that was its listener's before.
                let id = "ntf_crash_\(number)"
                let event = SmoovenCallbackFixture("notification.delivered", notificationID: id)
                // Sometimes sent twice, as by a sender that missed the response.
                for _ in 0...(number % 5 == 0 ? 1 : 0) {
                  guard (try? await listener.send(event)) == 200 else { return }
                }
                let count = acknowledged.update { state in
                  state.ids.append(id)
                  return state.ids.count
                }
                if count > limit { listener.process.signal(SIGKILL) }
              }
            }
          }
        }
        let end = try await listener.process.finished()
        #expect(end.exitCode == -SIGKILL)
      }
    }
    let stored = try await storedIDs(in: file.path)
    let ids = acknowledged.read { $0.ids }
    #expect(ids.count >= 50)
    let counts = Dictionary(grouping: stored.filter { $0.hasPrefix("ntf_crash_") }, by: \.self).mapValues(
      \.count
    )
    #expect(counts.allSatisfy { $0.value == 1 }, "stored twice: \(counts.filter { $0.value > 1 })")
    #expect(Set(ids).isSubset(of: stored), "acknowledged and lost: \(Set(ids).subtracting(stored))")
  }

  @Test(
    "A listener that stopped gracefully has stored what it acknowledged, and restarts on the same file"
  )
  func restart() async throws {
    let file = TemporaryFile()
    let arguments = ["--secret", "smooven=\(Listening.key)", "--store", "sqlite:\(file.path)"]
    let first = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_0")
    for round in 0..<3 {
      try await Listening.with(arguments) { listener in
        if round > 0 { #expect(try await listener.send(id: "ntf_\(round)") == 200) }
        // If it's sent again after a restart, it changes nothing and isn't printed again.
        #expect(try await listener.send(first) == 200)
        let (events, code) = try await listener.stopped()
        #expect(code == 0)
        #expect(events.count == 1)
      }
    }
    #expect(try await storedIDs(in: file.path) == ["ntf_0", "ntf_1", "ntf_2"])
  }

  @Test(
    "A file that can't be used is a clear error at the start",
    arguments: ["/nowhere/store", "/proc/version"]
  )
  func badFile(path: String) async throws {
    let end = try await SmoovenProcess.run([
      "listen", "--provider", "smooven", "--secret", "smooven=\(Listening.key)", "--port", "0", "--store",
      "sqlite:\(path)",
    ])
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains(path))
  }

  private func storedIDs(in path: String) async throws -> [String] {
    let store = try await SQLiteDeliveryStore(path: path)
    let last = CallbackEvent(
      provider: "test",
      name: "last",
      kind: .other,
      correlationIDs: [],
      deduplicationKey: "last",
      payload: .null,
      rawBody: []
    )
    _ = try await store.append([StoredCallback(last, receivedAt: Date())])
    var ids: [String] = []
    for try await stored in store.events() {
      if stored.event.provider == "test" { break }
      ids += stored.event.correlationIDs
    }
    await store.close()
    return ids
  }
}
#endif
