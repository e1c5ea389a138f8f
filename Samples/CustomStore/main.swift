import Foundation
import Smooven
import SmoovenTesting

// Checks a custom store against every promise of the protocol.
let folder = FileManager.default.temporaryDirectory.appending(path: "CustomStore-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

let conformance = TableStore.conformance(in: folder)
try await conformance.run()
let tally = try await conformance.runRandomly(seed: 1, steps: 2_000)
print(
  "TableStore keeps its promises, and did as the model in \(tally.operations.values.reduce(0, +)) operations."
)
