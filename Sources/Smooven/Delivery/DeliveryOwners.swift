/// Whose an id is, within its scope: as a rule one slot's, but several may wait for one id.
struct DeliveryOwners {
  private enum Owners {
    case one(DeliveryToken)
    case several([DeliveryToken])
  }

  // Scopes are few and ids are many.
  private var byScope: [String: [String: Owners]] = [:]

  /// Whose it is, in the order in which they came.
  func tokens(of id: String, in scope: String) -> [DeliveryToken] {
    switch byScope[scope]?[id] {
    case .one(let token)?: [token]
    case .several(let tokens)?: tokens
    case nil: []
    }
  }

  mutating func add(_ token: DeliveryToken, of id: String, in scope: String) {
    let others = tokens(of: id, in: scope)
    byScope[scope, default: [:]][id] = others.isEmpty ? .one(token) : .several(others + [token])
  }

  mutating func remove(_ token: DeliveryToken, of id: String, in scope: String) {
    let rest = tokens(of: id, in: scope).filter { $0 != token }
    switch rest.count {
    case 0: byScope[scope]?[id] = nil
    case 1: byScope[scope]?[id] = .one(rest[0])
    default: byScope[scope]?[id] = .several(rest)
    }
    if byScope[scope]?.isEmpty == true { byScope[scope] = nil }
  }
}
