internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenSupport

/// A router that finds the endpoint of a request by its path, and the group of a wait by its name.
struct CallbackRouter: Sendable {
  private let endpoints: [String: CallbackEndpoint]
  private let groups: Set<String>
  // By the whole path of the endpoint. The URL of a delivery is such a path followed by a token, of which a substring
  // is looked up without a copy.
  private let targets: [Substring: CallbackTarget]

  init(_ endpoints: [CallbackEndpoint]) throws(SmoovenError) {
    var byName: [String: CallbackEndpoint] = [:]
    for endpoint in endpoints {
      try endpoint.validate()
      guard byName.updateValue(endpoint, forKey: endpoint.name) == nil else {
        throw .misconfigured("endpoints", "\(endpoint.name) is there twice; give one of them another name")
      }
    }
    self.endpoints = byName
    groups = Set(byName.values.map(\.group))
    targets = Dictionary(
      uniqueKeysWithValues: byName.map { (CallbackRoute.path(of: $0, token: nil)[...], CallbackTarget($1)) }
    )
  }

  /// The names of the endpoints.
  var names: some Collection<String> { endpoints.keys }

  enum Destination {
    case health
    /// The page of a question, by the token in its link.
    case answer(token: String)
    case target(CallbackTarget)
  }

  /// Returns the destination of a request.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - expected: The target of a single expected callback, by its token.
  /// - Returns: The destination.
  /// - Throws: ``CallbackRejection`` if the path leads nowhere.
  func destination(
    of request: CallbackRequest,
    expected: (DeliveryToken) -> CallbackTarget?
  ) throws(CallbackRejection) -> Destination {
    guard let path = request.head.path else { throw .notFound }
    if let target = deliveryTarget(path, expected) { return .target(target) }
    if let target = targets[path[...]] { return .target(target) }
    switch CallbackRoute(path) {
    case .health: return .health
    case .answer(let token): return .answer(token: token)
    case .callback(let name, let text):
      guard let target = target(name, text, expected) else { throw .notFound }
      return .target(target)
    case nil: throw .notFound
    }
  }

  /// Returns the target of a delivery's URL in its plain form, in which nearly all awaited callbacks arrive.
  private func deliveryTarget(
    _ path: String,
    _ expected: (DeliveryToken) -> CallbackTarget?
  ) -> CallbackTarget? {
    let bytes = path.utf8
    guard bytes.count > DeliveryToken.length + 1 else { return nil }
    let end = bytes.index(bytes.endIndex, offsetBy: -DeliveryToken.length)
    let slash = bytes.index(before: end)
    guard bytes[slash] == UInt8(ascii: "/"), let token = DeliveryToken(path[end...]),
      var target = targets[path[..<slash]], target.authentication.pathToken == nil
    else { return nil }
    if let expected = expected(token), expected.provider.name == target.endpoint { return expected }
    target.token = token
    return target
  }

  private func target(
    _ name: String,
    _ text: String?,
    _ expected: (DeliveryToken) -> CallbackTarget?
  ) -> CallbackTarget? {
    let token = text.flatMap { DeliveryToken($0) }
    if let token, let target = expected(token), target.provider.name == name { return target }
    guard let endpoint = endpoints[name] else { return nil }
    let ownsPath = endpoint.authentication.pathToken != nil
    if !ownsPath, text != nil, token == nil { return nil }
    var target = CallbackTarget(endpoint)
    target.pathText = text
    target.token = ownsPath ? nil : token
    return target
  }

  /// Returns the path to enter in a provider's dashboard, including its token, or `nil` if no such endpoint exists.
  func path(ofEndpoint name: String) -> String? {
    endpoints[name].map { endpoint in
      CallbackRoute.path(of: name, token: nil) + (endpoint.authentication.pathToken.map { "/\($0)" } ?? "")
    }
  }

  /// Returns the group that a name means, which may be a group's own name, or that of a provider whose endpoints are
  /// all in one group.
  func group(named name: String) throws(SmoovenError) -> String {
    if groups.contains(name) { return name }
    let groups = Set(endpoints.values.filter { $0.provider.name == name }.map(\.group)).sorted()
    guard let group = groups.first else {
      let known = self.groups.sorted().joined(separator: ", ")
      throw .invalid(
        "group",
        "no endpoint belongs to \(name.loggable); the groups are: \(known.isEmpty ? "none" : known)"
      )
    }
    guard groups.count == 1 else {
      throw .invalid("group", "\(name) has several; name one of them: \(groups.joined(separator: ", "))")
    }
    return group
  }

  /// The providers of all endpoints.
  var providers: [any CallbackProvider] { endpoints.values.map(\.provider) }
}
