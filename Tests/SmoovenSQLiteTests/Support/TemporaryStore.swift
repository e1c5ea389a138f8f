#if SQLiteSupport
import Foundation
import Smooven
import Synchronization

@testable import SmoovenSQLite

/// A folder for the files of one test, which is removed with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "smooven-sqlite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String = "store.sqlite") -> String { "\(path)/\(name)" }
}

/// Values that several tasks collect.
final class Collected<Value: Sendable>: Sendable {
  private let storage = Mutex<[Value]>([])

  var values: [Value] { storage.withLock { $0 } }

  /// Adds a value, and returns the number of values.
  @discardableResult
  func add(_ value: Value) -> Int {
    storage.withLock { values in
      values.append(value)
      return values.count
    }
  }
}

/// The clock of a machine, which a test advances.
final class MachineClock: Sendable {
  private let instant = Mutex(StoreInstant(epoch: "first start", nanoseconds: 1_000_000_000))

  var clock: StoreClock { StoreClock { self.instant.withLock { $0 } } }

  func advance(by duration: Duration) {
    instant.withLock { $0 = $0.advanced(by: duration) }
  }

  func restart() {
    instant.withLock { $0 = StoreInstant(epoch: "next start", nanoseconds: 0) }
  }
}

let start = Date(timeIntervalSince1970: 1_772_697_600)

/// A factor for the amount of work.
///
/// A plain `swift test` does a tenth.
let stressFactor = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 10 : 1

func event(
  _ number: Int,
  provider: String = "smooven",
  kind: CallbackEvent.Kind = .sent,
  ids: [String]? = nil,
  signedAfter seconds: Double? = nil,
  body: String? = nil
) -> CallbackEvent {
  CallbackEvent(
    provider: provider,
    name: "notification.\(kind.rawValue)",
    kind: kind,
    correlationIDs: ids ?? ["ntf_\(number)"],
    signedAt: seconds.map { start.addingTimeInterval($0) },
    deduplicationKey: "key-\(number)",
    payload: .object(["n": .integer(Int64(number))]),
    rawBody: Array((body ?? #"{"n":\#(number)}"#).utf8)
  )
}

func delivery(
  _ key: String? = nil,
  token: DeliveryToken = DeliveryToken(),
  after seconds: Double = 0,
  ids: [String] = []
) -> StoredDelivery {
  StoredDelivery(
    token: token,
    idempotencyKey: key,
    group: "smooven",
    openedAt: start.addingTimeInterval(seconds),
    fingerprint: "f",
    ids: ids
  )
}

extension SQLiteDeliveryStore {
  /// Appends events that arrive together.
  func append(together events: [CallbackEvent], after seconds: Double = 0) async throws {
    let date = start.addingTimeInterval(seconds)
    _ = try await append(events.map { StoredCallback($0, receivedAt: date) })
  }

  /// Appends one event that arrives some time after the start.
  @discardableResult
  func append(
    _ event: CallbackEvent,
    token: DeliveryToken? = nil,
    after seconds: Double = 0
  ) async throws -> AppendResult {
    let date = start.addingTimeInterval(seconds)
    return try await append([StoredCallback(event, token: token, receivedAt: date)])[0]
  }

  /// Returns the current row of a token.
  func row(_ token: DeliveryToken) async throws -> VersionedDelivery? { try await load(.token(token)) }

  /// Returns all stored callbacks of Smooven's group that have an id.
  func callbacks(_ ids: String...) async throws -> [StoredEvent] {
    try await callbacks(matching: CallbackLookup(group: "smooven", ids: ids), after: .beginning, limit: 1_000)
  }

  /// Returns all stored callbacks.
  func all() async throws -> [StoredEvent] { try await page(after: .beginning, limit: 1_000_000) }
}
#endif
