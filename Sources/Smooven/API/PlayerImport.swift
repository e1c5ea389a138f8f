public import SmoovenCallbacks

/// The result of registering many players at once.
public struct PlayerImport: Sendable, Hashable {
  /// How many were registered.
  public var imported: Int
  /// What went wrong with the others; the shape is not documented, so it is any JSON.
  public var errors: [JSONValue]

  init?(_ json: JSONValue) {
    guard let imported = json["imported"]?.integerValue else { return nil }
    self.imported = Int(clamping: imported)
    errors = json["errors"]?.arrayValue ?? []
  }
}

extension PlayerImport: SafelyDescribed {
  /// The figures.
  public var description: String { "PlayerImport(imported: \(imported), errors: \(errors.count))" }
}
