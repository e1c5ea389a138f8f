public import SmoovenCallbacks

/// The result of registering many players with one request.
public struct PlayerImport: Sendable, Hashable {
  /// The number of players that were registered.
  public var imported: Int
  /// The errors of the other players, each of which may be any JSON because their shape isn't documented.
  public var errors: [JSONValue]

  init?(_ json: JSONValue) {
    guard let imported = json["imported"]?.integerValue else { return nil }
    self.imported = Int(clamping: imported)
    errors = json["errors"]?.arrayValue ?? []
  }
}

extension PlayerImport: SafelyDescribed {
  /// The number of imported players and of errors.
  public var description: String { "PlayerImport(imported: \(imported), errors: \(errors.count))" }
}
