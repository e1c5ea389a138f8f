#if SQLiteSupport
import Foundation
import Smooven
import SmoovenSQLite
import Synchronization

/// A folder for the files of one test, gone with it.
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

  /// How many there are now.
  @discardableResult
  func add(_ value: Value) -> Int {
    storage.withLock { values in
      values.append(value)
      return values.count
    }
  }
}

let start = Date(timeIntervalSince1970: 1_772_697_600)

/// Whether all of the stress is run, of which a plain `swift test` runs a tenth.
let stressFactor = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1" ? 10 : 1

func event(
  _ number: Int,
  provider: String = "smooven",
  ids: [String]? = nil,
  body: String? = nil
) -> CallbackEvent {
  CallbackEvent(
    provider: provider,
    name: "notification.sent",
    kind: .sent,
    correlationIDs: ids ?? ["ntf_\(number)"],
    deduplicationKey: "key-\(number)",
    payload: .object(["n": .integer(Int64(number))]),
    rawBody: Array((body ?? #"{"n":\#(number)}"#).utf8)
  )
}

func delivery(_ key: String? = nil, after seconds: Double = 0) -> StoredDelivery {
  StoredDelivery(
    token: DeliveryToken(),
    idempotencyKey: key,
    fingerprint: "f",
    openedAt: start.addingTimeInterval(seconds)
  )
}
#endif
