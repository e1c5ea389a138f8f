/// The slots that an id leads to within its group, usually one, although several may wait for the same id.
struct DeliveryOwners<Slot: AnyObject> {
  private enum Owners {
    case one(Slot)
    case several([Slot])
  }

  private struct Group {
    let name: String
    var owners: [String: Owners] = [:]
  }

  // There are no more groups than endpoints, so comparing their names costs less than hashing them.
  private var groups: [Group] = []

  /// Adds the slots of an id to others, in the order in which they were added here.
  func add(slotsOf id: String, in group: String, to slots: inout SlotList<Slot>) {
    guard let index = index(of: group) else { return }
    switch groups[index].owners[id] {
    case .one(let slot)?: slots.add(slot)
    case .several(let several)?: for slot in several { slots.add(slot) }
    case nil: break
    }
  }

  /// Adds a slot to those of an id, and returns the others.
  mutating func add(_ slot: Slot, of id: String, in group: String) -> [Slot] {
    let index: Int
    if let known = self.index(of: group) {
      index = known
    } else {
      index = groups.count
      groups.append(Group(name: group))
    }
    switch groups[index].owners.updateValue(.one(slot), forKey: id) {
    case nil: return []
    case .one(let other)?:
      guard other !== slot else { return [] }
      groups[index].owners[id] = .several([other, slot])
      return [other]
    case .several(let known)?:
      let others = known.filter { $0 !== slot }
      groups[index].owners[id] = .several(others.count < known.count ? known : known + [slot])
      return others
    }
  }

  mutating func remove(_ slot: Slot, of id: String, in group: String) {
    guard let index = index(of: group), let known = groups[index].owners.removeValue(forKey: id) else {
      return
    }
    switch known {
    case .one(let other): if other !== slot { groups[index].owners[id] = known }
    case .several(let all):
      let rest = all.filter { $0 !== slot }
      groups[index].owners[id] = rest.count == 1 ? .one(rest[0]) : .several(rest)
    }
    // A dictionary keeps the memory of those that it had.
    if groups[index].owners.isEmpty { groups[index].owners = [:] }
  }

  private func index(of group: String) -> Int? { groups.firstIndex { $0.name == group } }
}
