import SmoovenTesting
import Testing

@testable import Smooven

@Suite("A list of slots") struct SlotListTests {
  private final class Slot {}

  private func ids(_ slots: some Sequence<Slot>) -> [ObjectIdentifier] { slots.map(ObjectIdentifier.init) }

  @Test("It behaves like an array without repetitions", arguments: 0...4)
  func model(count: Int) {
    let slots = (0..<count).map { _ in Slot() }
    var list = SlotList<Slot>()
    for slot in slots + slots.reversed() { list.add(slot) }
    #expect(ids(list) == ids(slots))
    #expect(list.isEmpty == slots.isEmpty)
    for left in slots { #expect(ids(list.filter { $0 !== left }) == ids(slots.filter { $0 !== left })) }
  }

  @Test(
    "The slots of an id are those that were added and not removed, in order",
    arguments: 1...100 as ClosedRange<UInt64>
  )
  func owners(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let slots = (0..<4).map { _ in Slot() }
    var owners = DeliveryOwners<Slot>()
    var model: [String: [Slot]] = [:]
    for _ in 0..<200 {
      let slot = slots[Int.random(in: 0..<4, using: &random)]
      let id = "id \(Int.random(in: 0..<2, using: &random))"
      let group = "group \(Int.random(in: 0..<2, using: &random))"
      let known = model[group + id] ?? []
      let others = known.filter { $0 !== slot }
      if Bool.random(using: &random) {
        #expect(ids(owners.add(slot, of: id, in: group)) == ids(others))
        if others.count == known.count { model[group + id] = known + [slot] }
      } else {
        owners.remove(slot, of: id, in: group)
        model[group + id] = others
      }
      var list = SlotList<Slot>()
      owners.add(slotsOf: id, in: group, to: &list)
      #expect(ids(list) == ids(model[group + id] ?? []))
    }
  }
}
