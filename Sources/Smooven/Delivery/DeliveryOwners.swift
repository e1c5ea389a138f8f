/// The slots that an id leads to within its group, usually one, although several may wait for the same id.
struct DeliveryOwners {
  private enum Owners {
    case one(DeliveryToken)
    case several([DeliveryToken])
  }

  // Nested by group, because groups are few and ids are many.
  private var byGroup: [String: [String: Owners]] = [:]

  /// Returns the slots of an id, in the order in which they were added.
  private func tokens(of id: String, in group: String) -> [DeliveryToken] {
    switch byGroup[group]?[id] {
    case .one(let token)?: [token]
    case .several(let tokens)?: tokens
    case nil: []
    }
  }

  /// Adds the slots of an id to others.
  func add(tokensOf id: String, in group: String, to tokens: inout TokenList) {
    switch byGroup[group]?[id] {
    case .one(let token)?: tokens.add(token)
    case .several(let several)?: for token in several { tokens.add(token) }
    case nil: break
    }
  }

  /// Adds a slot to those of an id, and returns the others.
  mutating func add(_ token: DeliveryToken, of id: String, in group: String) -> [DeliveryToken] {
    let known = tokens(of: id, in: group)
    if !known.contains(token) {
      byGroup[group, default: [:]][id] = known.isEmpty ? .one(token) : .several(known + [token])
    }
    return known.filter { $0 != token }
  }

  mutating func remove(_ token: DeliveryToken, of id: String, in group: String) {
    let rest = tokens(of: id, in: group).filter { $0 != token }
    switch rest.count {
    case 0: byGroup[group]?[id] = nil
    case 1: byGroup[group]?[id] = .one(rest[0])
    default: byGroup[group]?[id] = .several(rest)
    }
    if byGroup[group]?.isEmpty == true { byGroup[group] = nil }
  }
}
