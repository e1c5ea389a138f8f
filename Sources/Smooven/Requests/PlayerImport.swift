public import SmoovenCallbacks

/// The result of registering many players at once.
public struct PlayerImport: Sendable, Hashable {
  /// The number of players that were registered.
  public var imported: Int
  /// The errors of the others; their shape isn't documented, so each is any JSON.
  public var errors: [JSONValue]

  init?(_ json: JSONValue) {
    guard let imported = json["imported"]?.integerValue else { return nil }
    self.imported = Int(clamping: imported)
    errors = json["errors"]?.arrayValue ?? []
  }
}

extension PlayerImport: SafelyDescribed {
  /// The numbers.
  public var description: String { "PlayerImport(imported: \(imported), errors: \(errors.count))" }
}
