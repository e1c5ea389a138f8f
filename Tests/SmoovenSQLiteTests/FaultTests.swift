#if SQLiteSupport
import Foundation
import GRDB
import Smooven
import Testing

@testable import SmoovenSQLite

@Suite("SQLite: faults", .timeLimit(.minutes(5)))
struct FaultTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func opening(
    _ path: String,
    _ configuration: SQLiteStoreConfiguration = SQLiteStoreConfiguration(busyTimeout: .milliseconds(100))
  ) async -> DeliveryStoreError? {
    do {
      _ = try await SQLiteDeliveryStore(path: path, configuration: configuration)
      return nil
    } catch {
      return error as? DeliveryStoreError
    }
  }

  @Test("A path at which no file can be says so")
  func places() async throws {
    #expect(await opening(folder.file("missing/store"))?.message.contains("create it first") == true)
    #expect(await opening(folder.path)?.message.contains("is a folder") == true)
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.file("file")))
    #expect(await opening(folder.file("file/store"))?.message.contains("is no folder") == true)
    for path in ["", ":memory:"] {
      #expect(await opening(path)?.message.contains("path of a file") == true)
    }
  }

  @Test(
    "A folder in which nothing can be written says so",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self"))
  )
  func readOnlyFolder() async throws {
    let error = await opening("/proc/self/store.sqlite")
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("cannot be opened or created") == true, "\(String(describing: error))")
  }

  @Test("A file that is no database, or another's, is left alone")
  func others() async throws {
    let text = Data(String(repeating: "text ", count: 1_000).utf8)
    try text.write(to: URL(fileURLWithPath: folder.file("text")))
    #expect(await opening(folder.file("text"))?.message.contains("no SQLite database") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("text"))) == text)

    let queue = try DatabaseQueue(path: folder.file("other"))
    try await queue.write { db in try db.execute(sql: "CREATE TABLE account (id INTEGER)") }
    try queue.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("other")))
    #expect(await opening(folder.file("other"))?.message.contains("belongs to something else") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("other"))) == before)
  }

  @Test("A file whose maker died before the first tables is taken over")
  func unfinished() async throws {
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.write { db in
      try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    }
    try queue.close()
    #expect(await opening(folder.file()) == nil)
  }

  @Test("A file of a newer version is left alone")
  func newer() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    await store.close()
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99')")
    }
    try queue.close()
    #expect(await opening(folder.file())?.message.contains("newer version") == true)
  }

  @Test("Damage is found when the file is opened, wherever it is", arguments: [100, 4_096, 20_000, 60_000])
  func damage(offset: Int) async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    for number in 0..<300 { _ = try await store.append(event(number), token: nil, at: start) }
    await store.close()
    let url = URL(fileURLWithPath: folder.file())
    var bytes = try Data(contentsOf: url)
    try #require(bytes.count > offset + 4_000)
    bytes.replaceSubrange(offset..<offset + 4_000, with: Data(repeating: 0xA5, count: 4_000))
    try bytes.write(to: url)
    let error = await opening(folder.file())
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("damaged") == true, "\(String(describing: error))")
  }

  @Test("Damage that comes while the store is open is an error, not a crash")
  func damageWhileOpen() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    for number in 0..<300 { _ = try await store.append(event(number), token: nil, at: start) }
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.writeWithoutTransaction { db in
      try db.execute(
        sql: "UPDATE event SET detail = x'00', body = 7; INSERT INTO cursor VALUES (x'61', 'text')"
      )
      try db.execute(
        sql: "INSERT INTO delivery (token, opened_at, detail) VALUES ('no token', 'no time', '[')"
      )
    }
    try queue.close()
    await #expect(throws: DeliveryStoreError.self) { try await store.pending() }
    await #expect(throws: DeliveryStoreError.self) { for try await _ in store.events() {} }
    #expect(try await store.cursor(named: "a") == .beginning)
  }

  @Test("A lock of another process is waited for, then an error; afterwards the store goes on")
  func lock() async throws {
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(busyTimeout: .milliseconds(50))
    )
    var unsafe = Configuration()
    unsafe.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: folder.file(), configuration: unsafe)
    try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
    let error = await #expect(throws: DeliveryStoreError.self) {
      _ = try await store.append(event(1), token: nil, at: start)
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("another process") == true)
    #expect(try await store.pending() == [])
    try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    #expect(try await store.append(event(1), token: nil, at: start) == .stored)
    #expect(await opening(folder.file()) == nil)
    try other.close()
  }

  @Test("A file that may not grow refuses what has no room; when there is room again the store goes on")
  func diskFull() async throws {
    let path = folder.file()
    func configuration(_ size: Int?) -> SQLiteStoreConfiguration {
      SQLiteStoreConfiguration(retention: .seconds(100), maximumFileSize: size)
    }
    let store = try await SQLiteDeliveryStore(path: path, configuration: configuration(400_000))
    let body = String(repeating: "x", count: 10_000)
    var count = 0
    var failure: DeliveryStoreError?
    while failure == nil, count < 200 {
      do {
        _ = try await store.append(event(count, body: body), token: nil, at: start)
        count += 1
      } catch {
        failure = error as? DeliveryStoreError
      }
    }
    #expect((5..<60).contains(count))
    #expect(failure?.code == .unavailable)
    #expect(failure?.message.contains("disk is full") == true)
    #expect(failure.map { "\($0)" }?.contains("xxx") == false)
    // What was acknowledged is there, and nothing else.
    #expect(try await store.page(after: .beginning, limit: 500).count == count)
    #expect(try await store.append(event(0, body: body), token: nil, at: start) == .duplicate)
    // Of a crowd that has no room, those fail who do not fit.
    await withTaskGroup { group in
      for number in 1_000..<1_050 {
        group.addTask { _ = try? await store.append(event(number, body: body), token: nil, at: start) }
      }
    }
    #expect(try await store.page(after: .beginning, limit: 500).count == count)
    // Room comes with time: what is past the retention goes, by and by.
    #expect(try await store.prune(before: start.addingTimeInterval(1)) == 0)
    var later: DeliveryAppend?
    for _ in 0..<5 where later == nil {
      later = try? await store.append(event(500, body: body), token: nil, at: start.addingTimeInterval(200))
    }
    #expect(later == .stored)
    await store.close()
    // Or with a larger disk.
    let larger = try await SQLiteDeliveryStore(path: path, configuration: configuration(nil))
    #expect(try await larger.append(event(501, body: body), token: nil, at: start) == .stored)
  }

  @Test("A folder that goes away while the store is open is an error, not a crash")
  func folderGone() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    _ = try await store.append(event(1), token: nil, at: start)
    try FileManager.default.removeItem(atPath: folder.path)
    // The system keeps a file that is open; whatever the answer, it comes.
    _ = try? await store.append(event(2), token: nil, at: start)
    _ = try? await store.pending()
    await store.close()
    #expect(await opening(folder.file())?.message.contains("create it first") == true)
  }

  @Test("Many may open the same new file at once", arguments: 0..<20)
  func openedAtOnce(round: Int) async throws {
    let path = folder.file("store\(round)")
    try await withThrowingTaskGroup(of: SQLiteDeliveryStore.self) { group in
      for _ in 0..<8 { group.addTask { try await SQLiteDeliveryStore(path: path) } }
      var stored = 0
      for try await store in group where try await store.append(event(1), token: nil, at: start) == .stored {
        stored += 1
      }
      #expect(stored == 1)
    }
  }

  @Test("The file is for its owner only")
  func permissions() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    _ = try await store.append(event(1), token: nil, at: start)
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }
}
#endif
