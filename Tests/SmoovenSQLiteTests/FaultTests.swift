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

  @Test("A path at which no file can exist is an error that says so")
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
    "A folder in which nothing can be written is an error that says so",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self"))
  )
  func readOnlyFolder() async throws {
    let error = await opening("/proc/self/store.sqlite")
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("cannot be opened or created") == true, "\(String(describing: error))")
  }

  @Test("A file that isn't a database, or belongs to another program, isn't changed")
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

  @Test("A file whose creator died before the first tables is taken over")
  func unfinished() async throws {
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.write { db in
      try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    }
    try queue.close()
    #expect(await opening(folder.file()) == nil)
  }

  @Test("A file of a newer version isn't changed")
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

  @Test("Damage is an error wherever it is, and never a crash", arguments: [100, 9_000, 20_000, 60_000])
  func damage(offset: Int) async throws {
    var store = try await SQLiteDeliveryStore(path: folder.file())
    for number in 0..<300 { try await store.append(event(number)) }
    _ = try await store.insert(delivery("key"))
    await store.close()
    let url = URL(fileURLWithPath: folder.file())
    var bytes = try Data(contentsOf: url)
    try #require(bytes.count > offset + 4_000)
    bytes.replaceSubrange(offset..<offset + 4_000, with: Data(repeating: 0xA5, count: 4_000))
    try bytes.write(to: url)
    do {
      store = try await SQLiteDeliveryStore(path: folder.file())
      var failures = 0
      for number in 0..<300 where (try? await store.append(event(number))) == nil { failures += 1 }
      do { _ = try await store.all() } catch { failures += 1 }
      do { _ = try await store.load(.idempotencyKey("key")) } catch { failures += 1 }
      #expect(failures > 0)
    } catch let error as DeliveryStoreError {
      #expect(error.code == .unavailable && error.message.contains("damaged"), "\(error)")
    }
  }

  @Test("Damage that happens while the store is open is an error, not a crash")
  func damageWhileOpen() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    for number in 0..<300 { _ = try await store.append(event(number)) }
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.writeWithoutTransaction { db in
      try db.execute(
        sql: "UPDATE event SET detail = x'00', body = 7; INSERT INTO cursor VALUES (x'61', 'text')"
      )
      try db.execute(
        sql: "INSERT INTO delivery VALUES (7, 'no token', NULL, 'no time', 0, NULL, 1, 1, 1, '[')"
      )
    }
    try queue.close()
    await #expect(throws: DeliveryStoreError.self) { try await store.pending(after: nil, limit: 9) }
    await #expect(throws: DeliveryStoreError.self) { for try await _ in store.events() {} }
    #expect(try await store.cursor(named: "a") == .beginning)
  }

  @Test("A lock of another process is waited for, then it's an error, and afterwards the store continues")
  func lock() async throws {
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(busyTimeout: .milliseconds(50))
    )
    let lock = try Lock(folder.file())
    let error = await #expect(throws: DeliveryStoreError.self) { try await store.append(event(1)) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("another process") == true)
    #expect(try await store.pending(after: nil, limit: 1).isEmpty)
    try lock.release()
    #expect(try await store.append(event(1)) == .stored)
    #expect(await opening(folder.file()) == nil)
  }

  @Test("Many calls that wait for one lock all end at their timeout, and not one after another")
  func queueAtLock() async throws {
    let store = try await SQLiteDeliveryStore(
      path: folder.file(),
      configuration: SQLiteStoreConfiguration(busyTimeout: .seconds(1), maximumWaitingWrites: 10_000)
    )
    let lock = try Lock(folder.file())
    let clock = ContinuousClock()
    let begin = clock.now
    // Six transactions' worth.
    await withTaskGroup { group in
      for number in 0..<3_000 { group.addTask { _ = try? await store.append(event(number)) } }
    }
    let passed = begin.duration(to: clock.now)
    #expect(passed >= .seconds(1) && passed < .seconds(4), "\(passed)")
    try lock.release()
    #expect(try await store.all().isEmpty)
    #expect(try await store.append(event(1)) == .stored)
  }

  @Test("Opening a file of this version writes nothing into it, even while others have it open")
  func openingWritesNothing() async throws {
    let first = try await SQLiteDeliveryStore(path: folder.file())
    // The store's own clock is written after the first commit, and before the second.
    try await first.append(event(1))
    try await first.append(event(2))
    let watcher = try first.connections.another()
    func version() async throws -> Int64? {
      try await watcher.writeWithoutTransaction { db in try db.row("PRAGMA data_version")?.integer(0) }
    }
    let before = try await version()
    let second = try await SQLiteDeliveryStore(path: folder.file())
    #expect(try await second.all().count == 2)
    #expect(try await version() == before)
    try watcher.close()
    await second.close()
    await first.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
    await (try SQLiteDeliveryStore(path: folder.file())).close()
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == bytes)
  }

  @Test("Opening a file that is locked gives up at the timeout")
  func openingAtLock() async throws {
    await (try SQLiteDeliveryStore(path: folder.file())).close()
    let lock = try Lock(folder.file())
    let clock = ContinuousClock()
    let begin = clock.now
    let error = await opening(folder.file(), SQLiteStoreConfiguration(busyTimeout: .milliseconds(400)))
    let passed = begin.duration(to: clock.now)
    #expect(error?.message.contains("another process") == true, "\(String(describing: error))")
    #expect(passed >= .milliseconds(300) && passed < .seconds(2), "\(passed)")
    try lock.release()
    #expect(await opening(folder.file()) == nil)
  }

  @Test("Opening a file that has to be changed gives up at the timeout, which covers all its steps")
  func creationAtLock() async throws {
    let queue = try DatabaseQueue(path: folder.file())
    try await queue.writeWithoutTransaction { db in
      try db.execute(
        sql: """
          PRAGMA journal_mode = WAL;
          CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
          """
      )
    }
    let lock = try Lock(folder.file())
    let clock = ContinuousClock()
    let begin = clock.now
    let error = await opening(folder.file(), SQLiteStoreConfiguration(busyTimeout: .milliseconds(400)))
    let passed = begin.duration(to: clock.now)
    #expect(error?.message.contains("another process") == true, "\(String(describing: error))")
    #expect(passed >= .milliseconds(300) && passed < .seconds(2), "\(passed)")
    try lock.release()
    #expect(await opening(folder.file()) == nil)
    try queue.close()
  }

  @Test("Durations and limits that can't be kept are refused by name")
  func configuration() async throws {
    func refusal(_ change: (inout SQLiteStoreConfiguration) -> Void) async -> String {
      var configuration = SQLiteStoreConfiguration()
      change(&configuration)
      return await opening(folder.file(), configuration)?.message ?? ""
    }
    #expect(await refusal { $0.busyTimeout = .seconds(25 * 86_400) }.contains("busyTimeout"))
    #expect(await refusal { $0.busyTimeout = .seconds(Int64.max) }.contains("busyTimeout"))
    #expect(await refusal { $0.busyTimeout = .seconds(-1) }.contains("busyTimeout"))
    #expect(await refusal { $0.retention = .seconds(Int64.max) }.contains("retention"))
    #expect(await refusal { $0.retention = .zero }.contains("retention"))
    #expect(await refusal { $0.deliveryRetention = .seconds(Int64.max) }.contains("deliveryRetention"))
    #expect(await refusal { $0.minimumWindow = .seconds(-1) }.contains("minimumWindow"))
    #expect(await refusal { $0.pollInterval = .zero }.contains("pollInterval"))
    #expect(await refusal { $0.capacity = 0 }.contains("capacity"))
    #expect(await refusal { $0.maximumFileSize = 0 }.contains("maximumFileSize"))
    #expect(await refusal { $0.maximumWaitingWrites = 0 }.contains("maximumWaitingWrites"))
    #expect(await refusal { $0.busyTimeout = .seconds(24 * 86_400) }.isEmpty)
    #expect(await refusal { $0.capacity = .max }.isEmpty)
  }

  @Test("Disk faults that mean there is no room say so")
  func noRoom() {
    for code in [ResultCode.SQLITE_FULL, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_WRITE] {
      let error = StoreFault.error(DatabaseError(resultCode: code), path: "p")
      #expect(error.message.contains("full"), "\(code)")
    }
    let other = StoreFault.error(DatabaseError(resultCode: .SQLITE_IOERR_READ), path: "p")
    #expect(other.message.contains("the disk reported an error (266)"))
  }

  @Test("A file that may not grow refuses what has no room, and continues when there is room again")
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
        _ = try await store.append(event(count, body: body))
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
    #expect(try await store.append(event(0, body: body)) == .duplicate)
    // If there is no room for all of them, only those that don't fit fail.
    await withTaskGroup { group in
      for number in 1_000..<1_050 {
        group.addTask { _ = try? await store.append(event(number, body: body)) }
      }
    }
    #expect(try await store.page(after: .beginning, limit: 500).count == count)
    // Time makes room.
    try await store.prune(before: start.addingTimeInterval(1))
    #expect(try await store.append(event(500, body: body), after: 200) == .stored)
    await store.close()
    // So does a larger disk.
    let larger = try await SQLiteDeliveryStore(path: path, configuration: configuration(nil))
    #expect(try await larger.append(event(501, body: body)) == .stored)
  }

  @Test(
    "If a file is removed or replaced while the store is open, nothing more is acknowledged",
    arguments: ["store.sqlite", "store.sqlite-wal", "all", "replaced", "folder"]
  )
  func removed(_ what: String) async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    _ = try await store.insert(delivery("key"))
    #expect(try await store.append(event(1)) == .stored)
    let files = FileManager.default
    let names = what.hasPrefix("store") ? [what] : ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"]
    switch what {
    case "folder": try files.removeItem(atPath: folder.path)
    case "replaced":
      try files.copyItem(atPath: folder.file(), toPath: folder.file("copy"))
      try files.removeItem(atPath: folder.file())
      try files.moveItem(atPath: folder.file("copy"), toPath: folder.file())
    default: for name in names { try files.removeItem(atPath: folder.file(name)) }
    }
    let error = await #expect(throws: DeliveryStoreError.self) { try await store.append(event(2)) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("removed or replaced") == true, "\(String(describing: error))")
    await #expect(throws: DeliveryStoreError.self) { _ = try await store.insert(delivery()) }
    await store.close()
  }

  @Test("If a file is put back while the store is open, it's used again")
  func putBack() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    try FileManager.default.moveItem(atPath: folder.file(), toPath: folder.file("away"))
    await #expect(throws: DeliveryStoreError.self) { try await store.append(event(1)) }
    try FileManager.default.moveItem(atPath: folder.file("away"), toPath: folder.file())
    #expect(try await store.append(event(1)) == .stored)
  }

  @Test("Many stores may open the same new file at the same time", arguments: 0..<20)
  func openedAtOnce(round: Int) async throws {
    let path = folder.file("store\(round)")
    try await withThrowingTaskGroup(of: SQLiteDeliveryStore.self) { group in
      for _ in 0..<8 { group.addTask { try await SQLiteDeliveryStore(path: path) } }
      var stored = 0
      for try await store in group where try await store.append(event(1)) == .stored {
        stored += 1
      }
      #expect(stored == 1)
    }
  }

  @Test("Only its owner may read the file")
  func permissions() async throws {
    let store = try await SQLiteDeliveryStore(path: folder.file())
    _ = try await store.append(event(1))
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
  }
}

/// A write lock that another process seems to hold.
private struct Lock {
  private let queue: DatabaseQueue

  init(_ path: String) throws {
    var unsafe = Configuration()
    unsafe.allowsUnsafeTransactions = true
    queue = try DatabaseQueue(path: path, configuration: unsafe)
    try queue.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
  }

  func release() throws {
    try queue.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
    try queue.close()
  }
}
#endif
