#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: group commit", .timeLimit(.minutes(5)))
struct GroupCommitTests {
  @Test("Concurrent appends share commits, and each gets its own result")
  func sharing() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let count = 2_000 * stressFactor
    let before = store.writes.commitCount
    let stored = try await withThrowingTaskGroup(of: AppendResult.self) { group in
      var next = 0
      var stored = 0
      while next < min(256, count) {
        group.addTask { [next] in try await store.append(event(next)) }
        next += 1
      }
      while let result = try await group.next() {
        if result == .stored { stored += 1 }
        guard next < count else { continue }
        group.addTask { [next] in try await store.append(event(next)) }
        next += 1
      }
      return stored
    }
    #expect(stored == count)
    let commits = store.writes.commitCount - before
    #expect(commits < count / 2, "\(commits) commits")
    #expect(try await store.page(after: .beginning, limit: count + 1).count == count)
  }

  @Test("A failing call fails alone")
  func isolation() async throws {
    struct Failure: Error {}
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let gate = Gate()
    // Holds the writer, so that everything that follows waits for one transaction.
    store.connections.writer.asyncWriteWithoutTransaction { _ in gate.wait() }
    let answers = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<100 {
        group.addTask {
          if number == 50 {
            return (try? await store.writes.perform { _ -> Int in throw Failure() }) != nil
          }
          return (try? await store.append(event(number))) == .stored
        }
      }
      gate.open()
      return await group.reduce(into: 0) { if $1 { $0 += 1 } }
    }
    #expect(answers == 99)
    #expect(try await store.page(after: .beginning, limit: 200).count == 99)
  }

  @Test("A cancelled caller gets its result, and its callback is kept")
  func cancellation() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let tasks = (0..<200).map { number in
      Task { try await store.append(event(number)) }
    }
    for task in tasks { task.cancel() }
    for task in tasks { #expect(try await task.value == .stored) }
    #expect(try await store.page(after: .beginning, limit: 300).count == 200)
  }

  @Test("The queue is bounded")
  func bound() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(maximumWaitingWrites: 10)
    )
    let gate = Gate()
    store.connections.writer.asyncWriteWithoutTransaction { _ in gate.wait() }
    let refused = Collected<Int>()
    await withTaskGroup { group in
      for number in 0..<50 {
        group.addTask {
          do {
            _ = try await store.append(event(number))
          } catch let error as DeliveryStoreError where error.code == .unavailable {
            if refused.add(number) == 40 { gate.open() }
          } catch {
            Issue.record(error)
          }
        }
      }
    }
    #expect(refused.values.count == 40)
    #expect(try await store.append(event(99)) == .stored)
  }

  @Test("Closing finishes calls that have begun, and refuses later ones")
  func closing() async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(path: folder.file())
    let answers = await withTaskGroup(of: AppendResult?.self) { group in
      for number in 0..<100 {
        group.addTask { try? await store.append(event(number)) }
      }
      group.addTask {
        await store.close()
        return nil
      }
      return await group.reduce(into: 0) { if $1 == .stored { $0 += 1 } }
    }
    let error = await #expect(throws: DeliveryStoreError.self) {
      try await store.pending(after: nil, limit: 1)
    }
    #expect(error?.message.contains("closed") == true)
    await #expect(throws: DeliveryStoreError.self) { _ = try await store.insert(delivery()) }
    await store.close()
    let again = try await SQLiteDeliveryStore(path: folder.file())
    #expect(try await again.page(after: .beginning, limit: 200).count == answers)
  }

  @Test("A commit waits for the disk, unless it's configured otherwise", arguments: [true, false])
  func durability(isFull: Bool) async throws {
    let folder = try TemporaryFolder()
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(durability: isFull ? .full : .normal)
    )
    let mode = try await store.connections.writer.writeWithoutTransaction { db in
      try Int.fetchOne(db, sql: "PRAGMA synchronous")
    }
    #expect(mode == (isFull ? 2 : 1))
    let journal = try await store.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") }
    #expect(journal == "wal")
  }
}

/// Holds a thread until it is opened.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func wait() { semaphore.wait() }
  func open() { semaphore.signal() }
}
#endif
