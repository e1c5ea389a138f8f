import Foundation
import Smooven
import SmoovenTesting
import Testing

@testable import CustomStore

@Suite("The sample of a store", .timeLimit(.minutes(5)))
struct CustomStoreTests {
  @Test("It keeps the promises of a store and of a log, over restarts")
  func conformance() async throws {
    try await withTemporaryFolder { try await TableStore.conformance(in: $0).run() }
  }

  @Test("It behaves like the model, over restarts")
  func model() async throws {
    try await withTemporaryFolder { folder in
      let tally = try await TableStore.conformance(in: folder).runRandomly(seed: 3, steps: 3_000)
      #expect(tally.operations["reopen", default: 0] > 2)
    }
  }

  @Test("A line that a crash cut off is forgotten, and everything before it is kept")
  func cutLine() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appending(path: "store.jsonl")
      let store = try TableStore(file: file)
      _ = try await store.append([StoredCallback(event(.sent, key: "1"), receivedAt: Date())])
      let whole = try Data(contentsOf: file)
      _ = try await store.append([StoredCallback(event(.sent, key: "2"), receivedAt: Date())])
      let both = try Data(contentsOf: file)
      for length in [whole.count + 1, (whole.count + both.count) / 2, both.count - 2] {
        try both.prefix(length).write(to: file)
        let again = try TableStore(file: file)
        #expect(await again.page(after: .beginning, limit: 10).map(\.event.deduplicationKey) == ["1"])
        let next = StoredCallback(event(.sent, key: "2"), receivedAt: Date())
        #expect(try await again.append([next]) == [.stored])
        #expect(try await TableStore(file: file).page(after: .beginning, limit: 10).count == 2)
      }
    }
  }
}

/// Runs a closure with a folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "smooven-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
