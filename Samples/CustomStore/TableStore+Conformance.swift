import Foundation
import SmoovenTesting

extension TableStore {
  /// Returns the conformance suite for stores in a folder, both new ones and ones reopened as after a crash.
  static func conformance(in folder: URL) -> DeliveryStoreConformance {
    DeliveryStoreConformance(
      make: { try TableStore(file: folder.appending(path: "\(UUID().uuidString).jsonl")) },
      reopen: { store in
        guard let store = store as? TableStore else { return store }
        return try TableStore(file: store.file)
      }
    )
  }
}
