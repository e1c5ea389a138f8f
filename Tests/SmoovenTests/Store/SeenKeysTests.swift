import Foundation
import Testing

@testable import Smooven

@Suite("Deduplication keys in memory")
struct SeenKeysTests {
  private func key(_ number: Int, in scope: String = "smooven") -> SeenKeys.Key {
    SeenKeys.Key(scope: scope, key: "key \(number)")
  }

  @Test("A key counts within its scope")
  func scopes() {
    var seen = SeenKeys()
    let now = Date(timeIntervalSince1970: 0)
    #expect(seen.insert(key(1), at: now) && seen.insert(key(1, in: "smobi"), at: now))
    #expect(!seen.insert(key(1), at: now) && !seen.insert(key(1, in: "smobi"), at: now))
    #expect(seen.contains(key(1)) && !seen.contains(key(2)) && seen.count == 2)
    // Where scope ends and key begins is part of what they say.
    #expect(!seen.contains(SeenKeys.Key(scope: "smoovenkey", key: " 1")))
  }

  @Test("They go as in a table that is looked through each time", arguments: [1, 2, 3, 4] as [UInt64])
  func random(_ seed: UInt64) {
    var random = SplitMix(seed: seed)
    var seen = SeenKeys()
    var model: [Int: Date] = [:]
    var most = 0
    var now = Date(timeIntervalSince1970: 1_000_000)
    for _ in 0..<20_000 {
      now += Double(Int.random(in: 0..<3, using: &random))
      switch Int.random(in: 0..<100, using: &random) {
      case ..<98:
        let number = Int.random(in: 0..<30_000, using: &random)
        let isNew = model[number] == nil
        if isNew { model[number] = now }
        #expect(seen.insert(key(number), at: now) == isNew)
      default:
        // Now and then all of them.
        let isAll = Int.random(in: 0..<100, using: &random) == 0
        let age = isAll ? -1 : Double(Int.random(in: 2_500..<10_000, using: &random))
        let count = model.count
        model = model.filter { $0.value >= now - age }
        #expect(seen.forget(before: now - age) == count - model.count)
      }
      most = max(most, model.count)
      guard seen.count == model.count else {
        Issue.record("\(seen.count) keys, not \(model.count); seed \(seed)")
        return
      }
    }
    // More than fill two chunks.
    #expect(most > 2_048)
    for number in model.keys { #expect(seen.contains(key(number))) }
    #expect(seen.forget(before: .distantFuture) == model.count && seen.count == 0)
  }
}
