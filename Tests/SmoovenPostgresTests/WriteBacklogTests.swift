#if PostgresSupport
import Foundation
import Smooven
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: the backlog of writes", .timeLimit(.minutes(1))) struct WriteBacklogTests {
  /// Something that all writes of a kind write.
  private enum Subject: CaseIterable { case key, otherKey, interests, nothing }

  private static func operation(_ subject: Subject) -> WriteOperation {
    switch subject {
    case .key, .otherKey:
      let event = EventRecord(callback(subject == .key ? "a" : "b"))
      return .append([AppendRecord(event, keptFrom: 0)])
    case .interests: return Bool.random() ? .watch([1]) : .unwatch([1])
    case .nothing: return .advance(worker: .init(), position: 1)
    }
  }

  @Test(
    "Every write happens once, and two lanes never write the same thing at the same time",
    arguments: 0..<20
  )
  func model(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let laneCount = Int.random(in: 1...3, using: &random)
    var backlog = WriteBacklog<(Int, Subject)>(laneCount: laneCount)
    var open: [Int: [(Int, Subject)]] = [:]
    var (added, written): (Int, [Int]) = (0, [])
    var lastOf: [Subject: Int] = [:]

    func advance(_ lane: Int) {
      written += (open[lane] ?? []).map(\.0)
      open[lane] = nil
      guard let batch = backlog.next(in: lane) else { return }
      #expect(!batch.isEmpty)
      for (number, subject) in batch where subject != .nothing {
        #expect(!open.values.joined().contains { $0.1 == subject }, "\(subject) in two lanes")
        #expect(lastOf[subject].map { $0 < number } ?? true, "\(subject) out of order")
        lastOf[subject] = number
      }
      for subject in [Subject.key, .otherKey] { #expect(batch.count { $0.1 == subject } <= 1) }
      open[lane] = batch
    }

    for _ in 0..<2_000 {
      if Int.random(in: 0..<5, using: &random) > 0 {
        let subject = Subject.allCases.randomElement(using: &random) ?? .nothing
        if let lane = backlog.add(Self.operation(subject), (added, subject)) {
          #expect(open[lane] == nil)
          open[lane] = []
        }
        added += 1
      } else if let lane = open.keys.sorted().randomElement(using: &random) {
        advance(lane)
      }
      #expect(backlog.isIdle == open.isEmpty)
    }
    while let lane = open.keys.sorted().randomElement(using: &random) { advance(lane) }
    #expect(backlog.count == 0)
    #expect(written.sorted() == Array(0..<added))
  }

  @Test("A second lane opens only if many calls wait")
  func crowd() {
    var backlog = WriteBacklog<Int>(laneCount: 2)
    let lanes = (0..<40).map { backlog.add(.advance(worker: .init(), position: 1), $0) }
    #expect(lanes.enumerated().compactMap { $1 == nil ? nil : $0 } == [0, 15])
    #expect(lanes.compactMap(\.self) == [0, 1])
    #expect(backlog.next(in: 1)?.count == 40)
    #expect(backlog.next(in: 0) == nil)
    #expect(backlog.next(in: 1) == nil)
    #expect(backlog.isIdle)
  }
}
#endif
