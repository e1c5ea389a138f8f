import Testing

@testable import SmoovenCommand

@Suite("The faults of a replay") struct ReplayPlanTests {
  @Test(
    "Texts that are faults",
    arguments: [
      ("duplicate", 1.0, 0.0, 0.0), ("reorder:0.25", 0, 0.25, 0), ("duplicate,reorder,drop:0.1", 1, 1, 0.1),
      ("drop:0", 0, 0, 0),
    ]
  )
  func written(text: String, duplicate: Double, reorder: Double, drop: Double) throws {
    let faults = try #require(ReplayFaults(argument: text))
    #expect(faults.duplicate == duplicate && faults.reorder == reorder && faults.drop == drop)
  }

  @Test(
    "Texts that aren't faults",
    arguments: ["", "drop", "duplicate:2", "x", "drop:-1", "drop:nan", "duplicate,,reorder", ":1"]
  )
  func refused(text: String) {
    #expect(ReplayFaults(argument: text) == nil)
  }

  @Test("The same seed gives the same faults, and another seed gives others")
  func seeds() throws {
    let faults = try #require(ReplayFaults(argument: "duplicate:0.3,reorder:0.3,drop:0.1"))
    let first = faults.plan(count: 1_000, seed: 7)
    let second = faults.plan(count: 1_000, seed: 7)
    #expect(first.steps == second.steps && first.dropped == second.dropped)
    #expect(first.steps != faults.plan(count: 1_000, seed: 8).steps)
    #expect((50...150).contains(first.dropped.count))
    // Nothing is lost that isn't dropped, and nothing is made up.
    let sent = Set(first.steps.map(\.index))
    #expect(sent.isDisjoint(with: first.dropped) && sent.count + first.dropped.count == 1_000)
    #expect((200...400).contains(first.steps.filter(\.isDuplicate).count))
    // Each one is at most four places late.
    let order = first.steps.filter { !$0.isDuplicate }.map(\.index)
    #expect(order != order.sorted())
    for (place, index) in order.enumerated() {
      #expect(order[..<place].allSatisfy { $0 <= index + 4 })
    }
  }

  @Test("Without faults everything is sent once, in order")
  func none() {
    let plan = ReplayFaults().plan(count: 5, seed: 1)
    #expect(plan.steps.map(\.index) == [0, 1, 2, 3, 4] && plan.dropped == [])
    #expect(!plan.steps.contains { $0.isDuplicate })
  }

  @Test(
    "Speeds",
    arguments: [("max", nil), ("1x", 1.0), ("0.5x", 0.5), ("100x", 100)] as [(String, Double?)]
  )
  func speeds(text: String, factor: Double?) throws {
    let speed = try #require(ReplaySpeed(argument: text))
    #expect(speed.factor == factor)
  }

  @Test("Texts that aren't speeds", arguments: ["", "x", "1", "0x", "-1x", "infx", "nanx"])
  func noSpeed(text: String) {
    #expect(ReplaySpeed(argument: text) == nil)
  }
}
